// Loads a model file and predicts with it. Takes grey images of any size; decoding image files is the caller's.

import { type ModelProto, parseModel, readMetadata } from '../engine/onnx/model.js';
import type { Device } from '../engine/runtime/device.js';
import { openSession, type Session } from '../engine/runtime/session.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import type { GrayImage } from '../image/gray.js';
import { resizeGray } from '../image/resize.js';
import { decodeMetadata, type ModelMetadata } from './metadata.js';

export interface LoadOptions {
  /** Threads of the engine; its own choice unless given. */
  threads?: number | undefined;
  /** Where the model runs; `cpu` unless given. */
  device?: Device | undefined;
}

/** Probabilities of every class for one image. */
export interface Prediction {
  /** The most probable class. */
  expression: string;
  /** By class name, in the order of `classes`; they sum to 1. */
  probabilities: Record<string, number>;
}

/** A trained model, ready to predict. */
export interface ExpressionModel {
  readonly classes: readonly string[];
  /** Images are resized to this. */
  readonly inputSize: { readonly width: number; readonly height: number };
  readonly metadata: ModelMetadata;
  /** Expressions of face crops of any size, in one batch. */
  predict(images: readonly GrayImage[]): Promise<Prediction[]>;
  /** Probabilities [n, classes] for raw grey pixels [n, 1, height, width] of the input size. */
  probabilities(pixels: Float32Array): Promise<Float32Array>;
  /** What the probabilities are the softmax of, [n, classes], for the same pixels: calibrated as they are. */
  logits(pixels: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a model from the bytes of its file.
 *
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are not a whole ONNX file, or not one of this project's; `device` where the
 *   device can't be used.
 */
export async function openModel(
  bytes: Uint8Array,
  where: string,
  options: LoadOptions = {},
): Promise<ExpressionModel> {
  const { metadata } = parseModelFile(bytes, where);
  let session: Session;
  try {
    session = await openSession(bytes, {
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.device === undefined ? {} : { device: options.device }),
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw damaged(where, `ONNX Runtime refused it (${firstLine(error)})`, error);
  }
  const { width, height } = metadata.input;
  const outputs = ['probabilities', 'logits'] as const;
  if (!session.inputs.includes('pixels') || !outputs.every((name) => session.outputs.includes(name))) {
    await session.close();
    throw damaged(where, 'it lacks the input pixels or the outputs probabilities and logits');
  }

  const run = async (pixels: Float32Array, output: (typeof outputs)[number]): Promise<Float32Array> => {
    const count = pixels.length / (width * height);
    if (!Number.isInteger(count)) {
      throw new RangeError(`${output}: expected [n, 1, ${height}, ${width}], got ${pixels.length} values.`);
    }
    if (count === 0) return new Float32Array(0);
    const results = await session.run({
      pixels: { type: tensorType('float32', [count, 1, height, width]), data: pixels },
    });
    return results[output]!.data as Float32Array;
  };
  return completeModel({
    classes: metadata.classes,
    inputSize: { width, height },
    metadata,
    probabilities: (pixels) => run(pixels, 'probabilities'),
    logits: (pixels) => run(pixels, 'logits'),
    close: () => session.close(),
  });
}

/** A model from all but `predict`, which follows from the rest. */
export function completeModel(parts: Omit<ExpressionModel, 'predict'>): ExpressionModel {
  const { classes, inputSize } = parts;
  const { width, height } = inputSize;
  return {
    ...parts,
    async predict(images) {
      const pixels = new Float32Array(images.length * width * height);
      images.forEach((image, i) => {
        pixels.set(resizeGray(image, width, height).data, i * width * height);
      });
      const scores = await parts.probabilities(pixels);
      return images.map((_, i) =>
        toPrediction(classes, scores.subarray(i * classes.length, (i + 1) * classes.length)),
      );
    },
  };
}

function toPrediction(classes: readonly string[], scores: Float32Array): Prediction {
  const best = scores.reduce((top, score, i) => (score > scores[top]! ? i : top), 0);
  return {
    expression: classes[best]!,
    probabilities: Object.fromEntries(classes.map((name, i) => [name, scores[i]!])),
  };
}

/** A model file's bytes, parsed, and its metadata; throws as openModel does. */
export function parseModelFile(
  bytes: Uint8Array,
  where: string,
): { model: ModelProto; metadata: ModelMetadata } {
  let model: ModelProto;
  try {
    model = parseModel(bytes);
  } catch (error) {
    throw damaged(where, `it can't be parsed (${firstLine(error)})`, error);
  }
  const decoded = decodeMetadata(readMetadata(model));
  if ('problem' in decoded) throw damaged(where, decoded.problem);
  return { model, metadata: decoded.metadata };
}

function damaged(where: string, found: string, cause?: unknown): FerlabError {
  return new FerlabError(
    'model',
    `${where}: expected a model file written by ferlab; ${found}. Give the model of a run folder (last.onnx, or best.onnx), or train again.`,
    { cause },
  );
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
