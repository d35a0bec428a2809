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

/** What a stage hands on to the next one. */
interface ScoredSquare {
  readonly box: Box;
  readonly score: number;
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
  const sessions = await openStages(files, names, { threads, device });
  const thresholds = readCascadeThresholds(files.onet, names.onet);
  const cascade = new Cascade(sessions, names, thresholds);
  return detectorOf(cascade, name, thresholds.onet);
}

/** Opens the stages of which there are files; all of them or none stay open. */
async function openStages<Stage extends CascadeStage>(
  files: Readonly<Partial<Record<Stage, Uint8Array>>>,
  names: CascadeFiles<string>,
  options: LoadOptions,
): Promise<Record<Stage, Session>> {
  const given = Object.entries(files) as [Stage, Uint8Array][];
  for (const [stage, bytes] of given) checkStageFile(bytes, stage, names[stage]);
  const sessions: Partial<Record<Stage, Session>> = {};
  try {
    for (const [stage, bytes] of given)
      sessions[stage] = await openStage(bytes, stage, names[stage], options);
  } catch (error) {
    await Promise.all(
      Object.values<Session>(sessions as Record<Stage, Session>).map((session) => session.close()),
    );
    throw error;
  }
  return sessions as Record<Stage, Session>;
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
    /** Of the stages that it has. */
    private readonly sessions: Readonly<Partial<Record<CascadeStage, Session>>>,
    private readonly names: CascadeFiles<string>,
    private readonly thresholds: CascadeThresholds,
  ) {}

  async find(image: RgbImage, { threshold, minFace }: Search): Promise<Face[]> {
    const { all, squares } = await this.squaresAfter('rnet', image, minFace);
    const last = await this.judge('onet', all, squares.slice(0, mostCrops.onet), threshold);
    const faces = last.map(({ box, score, offsets, points }) => ({
      box: regressed(box, offsets),
      score,
      // Relative to the square, not to the box that it becomes.
      points: points!.map((point) => pointIn(box, point)) as unknown as FacePoints,
    }));
    return suppress(faces, limits.last, overlapOfSmaller);
  }

  /** The squares that a stage hands on, best first, and the picture at all sizes, from which they are cut. */
  async squaresAfter(
    stage: 'pnet' | 'rnet',
    image: RgbImage,
    minFace: number,
  ): Promise<{ all: Level[]; squares: ScoredSquare[] }> {
    const { levels, all } = cascadePyramid(image, minFace);
    const proposed: Candidate[] = [];
    for (const level of levels) proposed.push(...suppress(await this.propose(level), limits.within));
    const squares = refine(suppress(proposed, limits.across)).slice(0, mostCrops.rnet);
    if (stage === 'pnet') return { all, squares };
    const judged = await this.judge('rnet', all, squares, this.thresholds.rnet);
    return { all, squares: refine(suppress(judged, limits.refined)) };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sessions).map((session) => session.close()));
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
    squares: readonly ScoredSquare[],
    threshold: number,
  ): Promise<Candidate[]> {
    const side = cropSides[stage];
    const values = 3 * side * side;
    const found: Candidate[] = [];
    for (let first = 0; first < squares.length; first += batchSize) {
      const batch = squares.slice(first, first + batchSize);
      const pixels = new Float32Array(batch.length * values);
      for (const [i, { box }] of batch.entries()) writeSquare(all, box, side, pixels, i * values);
      const { scores, offsets, points } = await this.answers(stage, pixels, [batch.length, 3, side, side]);
      for (const [i, { box }] of batch.entries()) {
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
      const results = await this.sessions[stage]!.run({
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
function refine(candidates: readonly Candidate[]): ScoredSquare[] {
  return candidates
    .map(({ box, score, offsets }) => ({ box: squared(regressed(box, offsets)), score }))
    .filter(({ box: { width } }) => width >= 1 && width < 1e6);
}

/** The sizes at which a cascade looks at a picture for faces from `minFace` pixels on. */
export function cascadePyramid(image: RgbImage, minFace: number): ReturnType<typeof makePyramid> {
  const factors: number[] = [];
  for (
    let factor = proposalSide / minFace;
    Math.min(image.width, image.height) * factor >= proposalSide;
    factor *= pyramidFactor
  )
    factors.push(factor);
  return makePyramid(image, factors);
}

/** The first stages of a cascade whose last ones are still to be trained. */
export interface Proposer {
  /** Squares that they take for faces, best first. */
  propose(image: RgbImage, minFace: number): Promise<readonly ScoredSquare[]>;
  close(): Promise<void>;
}

/**
 * Opens the first one or two stages of a cascade.
 *
 * @param thresholds of the stages, which stand for those of a file.
 * @throws FerlabError as openCascade.
 */
export async function openProposer(
  files: Pick<CascadeFiles, 'pnet'> & Partial<Pick<CascadeFiles, 'rnet'>>,
  thresholds: Pick<CascadeThresholds, 'pnet' | 'rnet'>,
  { threads, device }: LoadOptions,
): Promise<Proposer> {
  const names = { pnet: 'P-Net', rnet: 'R-Net', onet: 'O-Net' };
  const sessions = await openStages(files, names, { threads, device });
  const cascade = new Cascade(sessions, names, { ...thresholds, onet: 1 });
  const last = files.rnet === undefined ? 'pnet' : 'rnet';
  return {
    propose: async (image, minFace) => (await cascade.squaresAfter(last, image, minFace)).squares,
    close: () => cascade.close(),
  };
}
