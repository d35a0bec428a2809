// Reads one image for predicting: decides whether it is a photograph or the crop of a face, and makes of it what the
// network sees.

import { statSync } from 'node:fs';
import { imagesAtOnce } from '../at-once.js';
import { decodeGray, decodePicture, decodeRgb, defaultMaxPixels } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import type { DetectOptions, FaceDetector } from '../faces/detector.js';
import { type FacesChoice, isSearched, longestLikelyCropSide } from '../faces/faces-choice.js';
import { type CutPicture, cutFaces } from '../faces/recognise.js';
import { type GrayImage, toGray } from '../image/gray.js';
import { resizeGray } from '../image/resize.js';
import { type Picture, type RgbImage, toRgb } from '../image/rgb.js';
import type { ExpressionModel } from '../predict/model.js';
import type { FailedFile, Found, RowImage } from './list-images.js';
import { openFaceDetector } from './open-face-detector.js';

/** Images that are read at a time where some may be photographs: one is decoded while another is searched. */
const photographsAtOnce = 2;
/** Larger files are read and searched one at a time, so that memory is that of one: a photograph of 12 megapixels takes 36 MB. */
const largestSmallFile = 300_000;

interface ReadBase {
  file: string;
  /** Why the answer may mean nothing. */
  warning: string | null;
  /** The upright picture, where it is asked for. */
  image: RgbImage | null;
}

/** The crop of a face: grey, in the network's size. */
interface ReadCrop extends ReadBase {
  pixels: Uint8Array;
}

/** A picture's faces. */
interface ReadPicture extends ReadBase {
  cut: CutPicture;
}

export type ReadImage = ReadCrop | ReadPicture;

/** How images are read, for a whole call. */
export interface Reading {
  model: Pick<ExpressionModel, 'inputSize' | 'metadata'>;
  faces: FacesChoice;
  detect: DetectOptions;
  /** Whether the pictures themselves are needed. */
  withPixels: boolean;
  /** The detector, loaded with the first picture that needs it. */
  detector(): Promise<FaceDetector>;
  /** Images that are read at a time. */
  atOnce: number;
  /** Does the work after that of earlier calls. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Closes a detector that was loaded here. */
  close(): Promise<void>;
}

export function startReading(
  parts: Pick<Reading, 'model' | 'faces' | 'detect' | 'withPixels'>,
  detector: FaceDetector | string | undefined,
): Reading {
  let opened: Promise<FaceDetector> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...parts,
    atOnce: parts.faces === 'crop' ? imagesAtOnce : photographsAtOnce,
    async detector() {
      if (typeof detector === 'object') return detector;
      opened ??= openFaceDetector(detector);
      return opened;
    },
    inTurn(work) {
      const result = turn.then(work);
      turn = result.catch(() => {});
      return result;
    },
    close: async () => {
      await (await opened?.catch(() => null))?.close();
    },
  };
}

/** Reads an image, or says why it can't be used. */
export async function readFound(found: Found, reading: Reading): Promise<ReadImage | FailedFile> {
  if (typeof found === 'object' && 'error' in found) return found;
  const read = () => readImage(found, reading);
  return reading.faces !== 'crop' && isLarge(found) ? reading.inTurn(read) : read();
}

function isLarge(found: string | RowImage): boolean {
  return (
    typeof found === 'string' && (statSync(found, { throwIfNoEntry: false })?.size ?? 0) > largestSmallFile
  );
}

async function readImage(found: string | RowImage, reading: Reading): Promise<ReadImage | FailedFile> {
  const file = typeof found === 'string' ? found : found.file;
  try {
    const decoded = await decode(found, reading);
    return {
      file,
      ...('picture' in decoded ? await search(decoded.picture, reading) : crop(decoded, reading)),
    };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { file, error: error.reason };
  }
}

type Decoded = { picture: Picture } | { gray: GrayImage; image: RgbImage | null };

/** Decodes a picture that is to be searched to colours, and a crop to grey. */
async function decode(found: string | RowImage, { faces, withPixels }: Reading): Promise<Decoded> {
  if (typeof found === 'object') {
    const gray = await decodeGray(found.source);
    if (!isSearched(gray, faces) && !withPixels) return { gray, image: null };
    const image = toRgb(gray.data, gray.width, gray.height, 1);
    return isSearched(gray, faces) ? { picture: { ...gray, image } } : { gray, image };
  }
  if (faces === 'crop') {
    if (!withPixels) return { gray: await decodeGray(found), image: null };
    const image = await decodeRgb(found, { maxPixels: defaultMaxPixels });
    return { gray: toGray(image.data, image.width, image.height, 3), image };
  }
  const picture = await decodePicture(found);
  if (isSearched(picture, faces)) return { picture };
  // The grey of grey pictures' colours is the same again: crops have the same answers with every choice.
  const { data, width, height } = picture.image;
  return { gray: toGray(data, width, height, 3), image: withPixels ? picture.image : null };
}

async function search(picture: Picture, reading: Reading): Promise<Omit<ReadPicture, 'file'>> {
  const detector = await reading.detector();
  const cut = await cutFaces(picture, { detector, model: reading.model }, reading.detect);
  const small = Math.max(picture.width, picture.height) <= longestLikelyCropSide;
  const warning =
    cut.faces.length === 0 && small
      ? 'found no face. If the picture is a crop of one, have it taken whole (--faces crop).'
      : null;
  return { cut, warning, image: reading.withPixels ? picture.image : null };
}

function crop(
  { gray, image }: { gray: GrayImage; image: RgbImage | null },
  { model }: Reading,
): Omit<ReadCrop, 'file'> {
  const { width, height } = model.inputSize;
  const [first] = gray.data;
  const plain = gray.data.every((value) => value === first);
  const warning = plain ? `expected a face, found an image of one grey level (${first})` : null;
  return { pixels: resizeGray(gray, width, height).data, warning, image };
}
