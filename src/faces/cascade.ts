// Detectors of three networks, one after the other: MTCNN (Zhang, Zhang, Li and Qiao 2016, "Joint face detection and alignment
// using multi-task cascaded convolutional networks"). P-Net looks at the picture at many sizes and proposes squares of 12
// pixels; R-Net and O-Net look at what was proposed, at 24 and 48 pixels. Scales, orders and limits are those of the authors'
// code (MTCNNv1), but for its arithmetic of boxes: here they are half-open and have fractions (boxes.ts).

import { openSession, type Session } from '../engine/runtime/session.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import type { RgbImage } from '../image/rgb.js';
import type { LoadOptions } from '../predict/model.js';
import { firstLine } from '../predict/model-file.js';
import {
  type BoxOffsets,
  overlapOfSmaller,
  pointIn,
  regressed,
  squared,
  strongest,
  suppress,
} from './boxes.js';
import {
  type CascadeFiles,
  type CascadeStage,
  type CascadeThresholds,
  cascadeStages,
  checkStageFile,
  notAStage,
  readCascadeThresholds,
} from './cascade-file.js';
import type { FaceDetector } from './detector.js';
import type { Box, Face, FacePoints, Point } from './face.js';
import { detectorOf, type Finder, type Search } from './find.js';
import { type Level, makePyramid, writeSquare } from './pyramid.js';
import { writePlanes } from './tensor.js';

/** Between one size of the picture and the next. */
const pyramidFactor = 0.709;
/** Side of what P-Net sees, and from cell to cell, in pixels. */
const proposalSide = 12;
const proposalStride = 2;
/** Boxes that overlap by more are one: within a size, across sizes and after R-Net, and (of the smaller) at the end. */
const limits = { within: 0.5, across: 0.7, refined: 0.7, last: 0.7 };
/** A part of the picture that P-Net sees at a time, in pixels: its memory goes by this. */
const mostPixels = 2_000_000;
/** Crops that a network sees at a time, and at most for one picture. */
const batchSize = 128;
const mostCrops = { rnet: 4096, onet: 1024 };
const cropSides = { rnet: 24, onet: 48 };

interface Candidate {
  readonly box: Box;
  readonly score: number;
  readonly offsets: BoxOffsets;
  /** O-Net's, in shares of the box. */
  readonly points?: readonly Point[];
}

/** What a stage says about crops: of crop i, `scores[i]`, four offsets, ten coordinates where it has points. */
interface Judged {
  scores: Float32Array;
  offsets: Float32Array;
  points: Float32Array | null;
}

/**
 * Opens a cascade from the bytes of its three files.
 *
 * @param names of the files, for messages.
 * @throws FerlabError `model` where they aren't a cascade's, `device` where the device can't be used.
 */
export async function openCascade(
  files: CascadeFiles,
  names: CascadeFiles<string>,
  name: string,
  { threads, device }: LoadOptions,
): Promise<FaceDetector> {
  for (const stage of cascadeStages) checkStageFile(files[stage], stage, names[stage]);
  const thresholds = readCascadeThresholds(files.onet, names.onet);
  const sessions: Partial<Record<CascadeStage, Session>> = {};
  try {
    for (const stage of cascadeStages)
      sessions[stage] = await openStage(files[stage], stage, names[stage], { threads, device });
  } catch (error) {
    await Promise.all(Object.values(sessions).map((session) => session.close()));
    throw error;
  }
  const cascade = new Cascade(sessions as Record<CascadeStage, Session>, names, thresholds);
  return detectorOf(cascade, name, thresholds.onet);
}

async function openStage(
  bytes: Uint8Array,
  stage: CascadeStage,
  name: string,
  { threads, device }: LoadOptions,
): Promise<Session> {
  try {
    return await openSession(bytes, {
      quiet: true,
      ...(threads === undefined ? {} : { threads }),
      ...(device === undefined ? {} : { device }),
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw notAStage(name, stage, `ONNX Runtime refused it (${firstLine(error)})`, error);
  }
}

class Cascade implements Finder {
  constructor(
    private readonly sessions: Readonly<Record<CascadeStage, Session>>,
    private readonly names: CascadeFiles<string>,
    private readonly thresholds: CascadeThresholds,
  ) {}

  async find(image: RgbImage, { threshold, minFace }: Search): Promise<Face[]> {
    const factors: number[] = [];
    for (
      let factor = proposalSide / minFace;
      Math.min(image.width, image.height) * factor >= proposalSide;
      factor *= pyramidFactor
    )
      factors.push(factor);
    const { levels, all } = makePyramid(image, factors);
    const proposed: Candidate[] = [];
    for (const level of levels) proposed.push(...suppress(await this.propose(level), limits.within));
    const squares = refine(suppress(proposed, limits.across)).slice(0, mostCrops.rnet);
    const refined = refine(
      suppress(await this.judge('rnet', all, squares, this.thresholds.rnet), limits.refined),
    );
    const last = await this.judge('onet', all, refined.slice(0, mostCrops.onet), threshold);
    const faces = last.map(({ box, score, offsets, points }) => ({
      box: regressed(box, offsets),
      score,
      // Relative to the square, not to the box that it becomes.
      points: points!.map((point) => pointIn(box, point)) as unknown as FacePoints,
    }));
    return suppress(faces, limits.last, overlapOfSmaller);
  }

  async close(): Promise<void> {
    await Promise.all(cascadeStages.map((stage) => this.sessions[stage].close()));
  }

  /** Squares that P-Net takes for faces at one size, in pixels of the picture. Large ones are seen in strips. */
  private async propose(level: Level): Promise<Candidate[]> {
    const { width, height } = level.image;
    // Of a strip of even height the cells cover all but the last ten rows, with which the next strip begins.
    const tallest = Math.max(64, 2 * Math.floor(mostPixels / width / 2));
    const found: Candidate[] = [];
    for (
      let top = 0;
      top === 0 || top + proposalSide <= height;
      top += tallest - (proposalSide - proposalStride)
    ) {
      const rows = Math.min(tallest, height - top);
      found.push(...(await this.proposeIn(level, top, width, rows)));
      if (top + rows >= height) break;
    }
    return found;
  }

  private async proposeIn(
    { image, perX, perY }: Level,
    top: number,
    width: number,
    height: number,
  ): Promise<Candidate[]> {
    const pixels = new Float32Array(3 * width * height);
    writePlanes(image, { left: 0, top, width, height }, { order: 'rgb', mean: 0, scale: 1 }, pixels, 0);
    const { probability, box } = await this.run('pnet', pixels, [1, 3, height, width]);
    const [, , rows, columns] = probability!.shape as [number, number, number, number];
    const cells = rows * columns;
    if (probability!.data.length !== cells || box!.data.length !== 4 * cells)
      throw this.refuse('pnet', 'its outputs are of other sizes than its cells');
    this.checkNumbers('pnet', probability!.data);
    return strongest(probability!.data, this.thresholds.pnet).map((cell) => ({
      box: {
        x: ((cell % columns) * proposalStride) / perX,
        y: (Math.floor(cell / columns) * proposalStride + top) / perY,
        width: proposalSide / perX,
        height: proposalSide / perY,
      },
      score: probability!.data[cell]!,
      offsets: [0, 1, 2, 3].map((i) => box!.data[i * cells + cell]!) as unknown as BoxOffsets,
    }));
  }

  /** The squares that a stage takes for faces. */
  private async judge(
    stage: 'rnet' | 'onet',
    all: readonly Level[],
    squares: readonly Box[],
    threshold: number,
  ): Promise<Candidate[]> {
    const side = cropSides[stage];
    const values = 3 * side * side;
    const found: Candidate[] = [];
    for (let first = 0; first < squares.length; first += batchSize) {
      const batch = squares.slice(first, first + batchSize);
      const pixels = new Float32Array(batch.length * values);
      for (const [i, box] of batch.entries()) writeSquare(all, box, side, pixels, i * values);
      const { scores, offsets, points } = await this.answers(stage, pixels, [batch.length, 3, side, side]);
      for (const [i, box] of batch.entries()) {
        const score = scores[i]!;
        if (score < threshold) continue;
        found.push({
          box,
          score,
          offsets: [...offsets.subarray(i * 4, i * 4 + 4)] as unknown as BoxOffsets,
          ...(points ? { points: pairs(points.subarray(i * 10, i * 10 + 10)) } : {}),
        });
      }
    }
    return found;
  }

  private async answers(
    stage: 'rnet' | 'onet',
    pixels: Float32Array,
    shape: readonly [number, number, number, number],
  ): Promise<Judged> {
    const { probability, box, points } = await this.run(stage, pixels, shape);
    const [count] = shape;
    const wrong =
      probability!.data.length !== count ||
      box!.data.length !== 4 * count ||
      (stage === 'onet' && points!.data.length !== 10 * count);
    if (wrong) throw this.refuse(stage, 'its outputs are of other sizes than its input');
    for (const output of stage === 'onet' ? [probability!, box!, points!] : [probability!, box!])
      this.checkNumbers(stage, output.data);
    return { scores: probability!.data, offsets: box!.data, points: points?.data ?? null };
  }

  private async run(
    stage: CascadeStage,
    pixels: Float32Array,
    shape: readonly [number, number, number, number],
  ): Promise<Record<string, { data: Float32Array; shape: readonly number[] }>> {
    try {
      const results = await this.sessions[stage].run({
        pixels: { type: tensorType('float32', shape), data: pixels },
      });
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, type }]) => [
          name,
          { data: data as Float32Array, shape: type.shape },
        ]),
      );
    } catch (error) {
      throw this.refuse(stage, `ONNX Runtime can't run it (${firstLine(error)})`, error);
    }
  }

  private checkNumbers(stage: CascadeStage, values: Float32Array): void {
    if (!values.every(Number.isFinite))
      throw this.refuse(stage, 'it answers with values that are not numbers');
  }

  private refuse(stage: CascadeStage, found: string, cause?: unknown): FerlabError {
    return notAStage(this.names[stage], stage, found, cause);
  }
}

const pairs = (values: Float32Array): Point[] =>
  [0, 1, 2, 3, 4].map((i) => [values[i * 2]!, values[i * 2 + 1]!]);

/** What the next stage looks at: the boxes where this one's offsets put them, made square. */
function refine(candidates: readonly Candidate[]): Box[] {
  return candidates
    .map(({ box, offsets }) => squared(regressed(box, offsets)))
    .filter(({ width }) => width >= 1 && width < 1e6);
}
