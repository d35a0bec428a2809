// Makes a dataset of aligned face crops of one of photographs: the same folders of splits and classes, with the faces cut
// out as the command line cuts them out to predict.

import { join, resolve } from 'node:path';
import { PictureFolder } from '../annotate/picture-folder.js';
import {
  checkArgument,
  checkHooks,
  checkOptions,
  either,
  oneOf,
  path as pathRule,
  wholeNumber,
} from '../check-options.js';
import { readClassFolders, relativeName } from '../data/dataset/class-folder.js';
import { describeContents } from '../data/dataset/contents.js';
import { findLayout } from '../data/dataset/layout.js';
import type { BadFile } from '../data/dataset/types.js';
import { decodePicture } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import { FerlabError } from '../errors.js';
import { cropFace, defaultFaceCrop } from '../faces/crop.js';
import { type DetectOptions, detectRules, type FaceDetector, faceDetector } from '../faces/detector.js';
import type { Face } from '../faces/face.js';
import { isSearched } from '../faces/faces-choice.js';
import { reasonForNone } from '../faces/recognise.js';
import { writeFileAtomically } from '../files/atomic.js';
import { isInside } from '../files/walk-images.js';
import { csv } from '../format/csv.js';
import type { Picture, RgbImage } from '../image/rgb.js';
import { inOrder } from '../predict-files/in-order.js';
import { openFaceDetector } from '../predict-files/open-face-detector.js';
import type { Hooks } from '../progress.js';

export const severalChoices = ['largest', 'all', 'none'] as const;
/** Which faces of a picture with several are taken. */
export type SeveralChoice = (typeof severalChoices)[number];

export interface CropDatasetOptions extends DetectOptions {
  /** What finds faces: an open detector, or the ONNX file of one. Default: the one that comes with ferlab. */
  detector?: FaceDetector | string | undefined;
  /** Default: `largest`. */
  several?: SeveralChoice | undefined;
  /** Side of the crops in pixels, 16 to 512. Default: 96. */
  size?: number | undefined;
}

/** Pictures done. */
export interface CropEvent {
  type: 'crop';
  done: number;
  total: number;
}

/** A picture that gave no crop, or isn't of one face. */
export interface OddPicture {
  /** Path relative to the dataset's folder, with forward slashes. */
  file: string;
  /** Faces that were found; null where the picture couldn't be read. */
  faces: number | null;
  /** Crops that were written of it. */
  crops: number;
  reason: string;
}

export interface CroppedDataset {
  /** Pictures in class folders. */
  pictures: number;
  /** Files that were written. */
  crops: number;
  /** Pictures that are crops already, by their size, and were taken whole. */
  whole: number;
  odd: OddPicture[];
  /** The CSV file that lists `odd`. */
  list: string;
}

export const listName = 'without-one-face.csv';

/**
 * Cuts the faces out of the photographs of a dataset. Splits and classes stay; pictures of at most 128 pixels are crops
 * already and are copied whole.
 *
 * @param path a folder of class folders, or one of splits with class folders.
 * @param out a new or empty folder outside of it; crops are PNG files, with a CSV list of pictures that aren't of one face.
 * @throws FerlabError `data` where there are no pictures; `io` where `out` holds something or can't be written; `model` where
 *   the detector can't be loaded; `usage` for wrong options; `interrupted` where the signal was aborted, and what is done
 *   stays there.
 */
export async function cropDataset(
  path: string,
  out: string,
  options: CropDatasetOptions = {},
  hooks: Hooks<CropEvent> = {},
): Promise<CroppedDataset> {
  checkArgument('cropDataset: path', path, pathRule);
  checkArgument('cropDataset: out', out, pathRule);
  checkOptions('cropDataset', options, {
    ...detectRules,
    detector: either(faceDetector, pathRule),
    several: oneOf(severalChoices),
    size: wholeNumber(16, 512),
  });
  checkHooks('cropDataset', hooks);
  const root = resolve(path);
  if (isInside(resolve(out), root)) {
    throw new FerlabError(
      'usage',
      `${out}: expected a folder outside the dataset ${path}, found one in it, which would be read as a part of it. ` +
        'Choose another folder.',
    );
  }
  const { base, files, lost } = await listPictures(root);
  const folder = await PictureFolder.open(out);
  try {
    const work: Work = { base, lost, out, options, hooks, folder };
    const { detector } = options;
    if (typeof detector === 'object') return await cropAll(files, detector, work);
    await using opened = await openFaceDetector(detector);
    return await cropAll(files, opened, work);
  } finally {
    await folder.close();
  }
}

/** The pictures in class folders, as training reads them. */
async function listPictures(root: string): Promise<{ base: string; files: string[]; lost: BadFile[] }> {
  const layout = await findLayout(root);
  if (layout.kind === 'csv') {
    throw new FerlabError(
      'data',
      `${root}: expected folders of photographs, found ${layout.path}, whose rows are crops already. Use it as it is.`,
    );
  }
  const base = layout.root;
  const parts = layout.kind === 'splits' ? layout.names.map((name) => join(base, name)) : [base];
  const read = await Promise.all(parts.map((part) => readClassFolders(part, base)));
  const files = read.flatMap(({ classes }) => classes.flatMap((folder) => folder.files));
  if (files.length === 0) {
    const loose = read.some(({ skipped }) => skipped.some(({ kind }) => kind === 'image'));
    throw new FerlabError(
      'data',
      `${root}: expected class folders with photographs, found no images in class folders.${await describeContents(root)}` +
        (loose ? ' Photographs that have no class are cut by "ferlab predict FOLDER --crops OUT".' : ''),
    );
  }
  const lost = read.flatMap(({ skipped }) => skipped).filter(({ kind }) => kind === 'image');
  return { base, files, lost };
}

interface Work {
  /** The folder that names are relative to. */
  base: string;
  lost: readonly BadFile[];
  out: string;
  options: CropDatasetOptions;
  hooks: Hooks<CropEvent>;
  folder: PictureFolder;
}

/** What came of one picture. */
interface Cropped {
  file: string;
  crops: RgbImage[];
  whole: boolean;
  odd: Pick<OddPicture, 'faces' | 'reason'> | null;
}

/** Pictures that are read and searched at a time. */
const atOnce = 2;

async function cropAll(
  files: readonly string[],
  detector: FaceDetector,
  { base, lost, out, options, hooks, folder }: Work,
): Promise<CroppedDataset> {
  const { signal, onProgress } = hooks;
  const odd: OddPicture[] = lost.map(({ file, reason }) => ({ file, faces: null, crops: 0, reason }));
  const result: CroppedDataset = {
    pictures: files.length + lost.length,
    crops: 0,
    whole: 0,
    odd,
    list: join(out, listName),
  };
  const cropped = inOrder(streamed(files), atOnce, async (file) => {
    if (signal?.aborted) throw stopped(out);
    return cropPicture(file, detector, options);
  });
  let done = 0;
  for await (const picture of cropped) {
    const file = relativeName(base, picture.file);
    const name = file.replace(/\.[^./]*$/, '');
    for (const [i, crop] of picture.crops.entries()) {
      await folder.write(picture.crops.length > 1 ? `${name}-${i + 1}` : name, crop, 'png');
    }
    result.crops += picture.crops.length;
    if (picture.whole) result.whole++;
    if (picture.odd !== null) odd.push({ file, crops: picture.crops.length, ...picture.odd });
    onProgress?.({ type: 'crop', done: ++done, total: files.length });
    if (signal?.aborted) throw stopped(out);
  }
  const rows = odd.map(({ file, faces, crops, reason }) => [file, faces ?? '', crops, reason]);
  await writeFileAtomically(result.list, csv([['file', 'faces', 'crops', 'reason'], ...rows]));
  return result;
}

async function* streamed(files: readonly string[]): AsyncGenerator<string> {
  yield* files;
}

function stopped(out: string): FerlabError {
  return new FerlabError('interrupted', `Stopped; the crops so far are in ${out}.`);
}

async function cropPicture(
  file: string,
  detector: FaceDetector,
  { detector: _, several = 'largest', size = 96, ...detect }: CropDatasetOptions,
): Promise<Cropped> {
  let picture: Picture;
  try {
    picture = await decodePicture(file);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { file, crops: [], whole: false, odd: { faces: null, reason: error.reason } };
  }
  if (!isSearched(picture, 'auto')) return { file, crops: [picture.image], whole: true, odd: null };
  const { image } = picture;
  const scale = picture.width / image.width;
  const minFace = detect.minFace === undefined ? undefined : Math.max(1, detect.minFace / scale);
  const found = await detector.detect(image, { ...detect, minFace });
  const chosen = choose(found, several);
  const reasonFor = (face: Face) => reasonForNone(face, defaultFaceCrop, detector);
  const usable = chosen.filter((face) => reasonFor(face) === null);
  const crops = usable.map((face) => cropFace(image, face, defaultFaceCrop, { width: size, height: size }));
  const reason = oddness(found, chosen, several, reasonFor);
  return { file, crops, whole: false, odd: reason === null ? null : { faces: found.length, reason } };
}

function choose(found: readonly Face[], several: SeveralChoice): Face[] {
  if (found.length < 2 || several === 'all') return [...found];
  if (several === 'none') return [];
  const size = ({ box }: Face) => box.width * box.height;
  return [found.reduce((largest, face) => (size(face) > size(largest) ? face : largest))];
}

/** Why a picture isn't one face's; null where it is. */
function oddness(
  found: readonly Face[],
  chosen: readonly Face[],
  several: SeveralChoice,
  reasonFor: (face: Face) => string | null,
): string | null {
  if (found.length === 0) return 'no face';
  const reasons = chosen.flatMap((face) => reasonFor(face) ?? []);
  if (found.length > 1) {
    const taken = { largest: 'the largest taken', all: 'all taken', none: 'none taken' }[several];
    const without =
      reasons.length > 0 ? `; without ${reasons.length} (${[...new Set(reasons)].join(', ')})` : '';
    return `several faces, ${taken}${without}`;
  }
  return reasons[0] ?? null;
}
