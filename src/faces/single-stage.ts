// Detectors of one network, in YuNet's form (detector-file.ts). Every cell of a grid of each stride says how sure it is of a
// face (the root of cls times obj), where its centre is from the cell's corner and how large it is, in logarithms of strides,
// and where five points are. As OpenCV's FaceDetectorYN decodes it (modules/objdetect/src/face_detect.cpp).

import { openSession, type Session } from '../engine/runtime/session.js';
import type { HostTensor } from '../engine/tensor/array.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { resizeWindow } from '../image/resize-rgb.js';
import type { RgbImage } from '../image/rgb.js';
import type { LoadOptions } from '../predict/model.js';
import { firstLine } from '../predict/model-file.js';
import { agree } from './agree.js';
import { centre, strongest, suppress } from './boxes.js';
import type { FaceDetector } from './detector.js';
import {
  cellValues,
  type DetectorFile,
  type DetectorSettings,
  notADetector,
  readDetectorFile,
  strides,
} from './detector-file.js';
import type { Face, FacePoints, Point } from './face.js';
import { detectorOf, type Finder, type Search } from './find.js';
import { plainBgr, writePlanes } from './tensor.js';
import { planViews, type View } from './views.js';

/**
 * Further looks show at most so many pixels: small pictures, in which they bring most, and which cost little. A picture of
 * 640x480 in which faces from 20 pixels on are asked for is looked at once.
 */
const largestFurtherLook = 600_000;

/** Boxes that overlap by more are one face's: OpenCV's value. */
const sameFace = 0.3;

/** Of several looks, a face's score in one of them is at least this. */
const leastOfLook = 0.25;

/**
 * Opens a detector from the bytes of its file.
 *
 * @param where names the file in messages.
 * @param changes to what the file says about itself, for measuring.
 * @throws FerlabError `model` where it isn't one, `device` where the device can't be used.
 */
export async function openSingleStage(
  bytes: Uint8Array,
  where: string,
  { threads, device }: LoadOptions,
  changes: Partial<DetectorSettings> = {},
): Promise<FaceDetector> {
  const read = readDetectorFile(bytes, where);
  const file = { ...read, settings: { ...read.settings, ...changes } };
  let session: Session;
  try {
    session = await openSession(bytes, {
      quiet: true,
      ...(threads === undefined ? {} : { threads }),
      ...(device === undefined ? {} : { device }),
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw notADetector(where, `ONNX Runtime refused it (${firstLine(error)})`, error);
  }
  return detectorOf(new SingleStage(session, file, where), where, file.settings.threshold);
}

class SingleStage implements Finder {
  constructor(
    private readonly session: Session,
    private readonly file: DetectorFile,
    private readonly where: string,
  ) {}

  async find(image: RgbImage, { threshold, minFace }: Search): Promise<Face[]> {
    const looks = this.looksAt(image, minFace);
    if (looks.length === 1) return this.lookAt(image, looks[0]!, { threshold, minFace });
    // What one look is hardly sure of counts where another is surer, whatever the threshold.
    const least = Math.min(threshold, leastOfLook);
    const found: Face[][] = [];
    for (const factor of looks) found.push(await this.lookAt(image, factor, { threshold: least, minFace }));
    return suppress(
      agree(found).filter(({ score }) => score >= threshold),
      sameFace,
    );
  }

  /** The first of the file's looks, and the further ones that show a small picture. */
  private looksAt({ width, height }: RgbImage, minFace: number): number[] {
    const { looks = [1], smallest } = this.file.settings;
    const pixels = (factor: number) => width * height * ((smallest * factor) / minFace) ** 2;
    return looks.filter((factor, i) => i === 0 || pixels(factor) <= largestFurtherLook);
  }

  /** Faces of a picture at one size. */
  private async lookAt(image: RgbImage, factor: number, { threshold, minFace }: Search): Promise<Face[]> {
    const { smallest, largest } = this.file.settings;
    const views = planViews(image, minFace, {
      smallest: smallest * factor,
      largest,
      size: this.file.size,
    });
    const faces: Face[] = [];
    // One piece of memory for all tiles: the garbage collector is in no hurry to take pieces of 12 MB away.
    const memory = new Float32Array(Math.max(...views.map(({ width, height }) => 3 * width * height)));
    for (const view of views) {
      const shown = resizeWindow(image, view.resized, view);
      const pixels = memory.subarray(0, 3 * view.width * view.height);
      for (const face of await this.look(shown, view, threshold, pixels)) {
        const [x, y] = centre(face.box);
        const { left, top, right, bottom } = view.core;
        if (x >= left && x < right && y >= top && y < bottom) faces.push(inPicture(face, view, image));
      }
    }
    return suppress(faces, sameFace);
  }

  close(): Promise<void> {
    return this.session.close();
  }

  /** Faces in the window of a view, in its pixels. `pixels` is memory for what the network is shown. */
  private async look(shown: RgbImage, view: View, threshold: number, pixels: Float32Array): Promise<Face[]> {
    const { width, height } = view;
    writePlanes(shown, { left: 0, top: 0, width, height }, plainBgr, pixels, 0);
    let outputs: Record<string, HostTensor>;
    try {
      outputs = await this.session.run({
        [this.file.input]: { type: tensorType('float32', [1, 3, height, width]), data: pixels },
      });
    } catch (error) {
      throw notADetector(this.where, `ONNX Runtime can't run it (${firstLine(error)})`, error);
    }
    return this.decode(outputs, view, threshold);
  }

  private decode(outputs: Record<string, HostTensor>, { width, height }: View, threshold: number): Face[] {
    const grids = strides.map((stride) => this.gridOf(outputs, stride, width, height));
    const scores = new Float32Array(grids.reduce((sum, { cells }) => sum + cells, 0));
    let next = 0;
    for (const { cells, cls, obj } of grids)
      for (let i = 0; i < cells; i++) scores[next++] = Math.sqrt(unit(cls[i]!) * unit(obj[i]!));
    if (scores.some(Number.isNaN)) throw this.noNumbers();
    const faces = strongest(scores, threshold).map((place) => {
      let cell = place;
      let grid = 0;
      while (cell >= grids[grid]!.cells) cell -= grids[grid++]!.cells;
      return faceAt(grids[grid]!, cell, scores[place]!);
    });
    if (!faces.every(hasNumbers)) throw this.noNumbers();
    return suppress(faces, sameFace);
  }

  private gridOf(outputs: Record<string, HostTensor>, stride: number, width: number, height: number): Grid {
    const columns = width / stride;
    const cells = columns * (height / stride);
    const values = (kind: keyof typeof cellValues): Float32Array => {
      const { data } = outputs[`${kind}_${stride}`]!;
      if (data instanceof Float32Array && data.length === cells * cellValues[kind]) return data;
      throw notADetector(
        this.where,
        `its output ${kind}_${stride} holds ${data.length} values for ${width} x ${height} pixels, not ${cells * cellValues[kind]}`,
      );
    };
    return {
      stride,
      columns,
      cells,
      cls: values('cls'),
      obj: values('obj'),
      bbox: values('bbox'),
      kps: values('kps'),
    };
  }

  private noNumbers(): FerlabError {
    return notADetector(this.where, 'it answers with values that are not numbers');
  }
}

interface Grid {
  stride: number;
  columns: number;
  cells: number;
  cls: Float32Array;
  obj: Float32Array;
  bbox: Float32Array;
  kps: Float32Array;
}

/** As OpenCV, which clamps before it multiplies. NaN stays. */
const unit = (value: number) => Math.min(1, Math.max(0, value));

function faceAt({ stride, columns, bbox, kps }: Grid, cell: number, score: number): Face {
  const column = cell % columns;
  const row = Math.floor(cell / columns);
  const at = cell * 4;
  const width = Math.exp(bbox[at + 2]!) * stride;
  const height = Math.exp(bbox[at + 3]!) * stride;
  const x = (column + bbox[at]!) * stride - width / 2;
  const y = (row + bbox[at + 1]!) * stride - height / 2;
  const points = Array.from({ length: 5 }, (_, i): Point => {
    const from = cell * 10 + i * 2;
    return [(column + kps[from]!) * stride, (row + kps[from + 1]!) * stride];
  }) as unknown as FacePoints;
  return { box: { x, y, width, height }, score, points };
}

function hasNumbers({ box, points }: Face): boolean {
  return [box.x, box.y, box.width, box.height, ...points.flat()].every(Number.isFinite);
}

/** A face of a view's window, in pixels of the picture. */
function inPicture({ box, score, points }: Face, view: View, picture: RgbImage): Face {
  // Resizing rounds sides to whole pixels, so that both directions have their own factor.
  const [perX, perY] = [picture.width / view.resized.width, picture.height / view.resized.height];
  const place = ([x, y]: Point): Point => [(x + view.left) * perX, (y + view.top) * perY];
  const [x, y] = place([box.x, box.y]);
  return {
    box: { x, y, width: box.width * perX, height: box.height * perY },
    score,
    points: points.map(place) as unknown as FacePoints,
  };
}
