/// <reference lib="esnext.disposable" preserve="true" />
// Loads a model file and predicts with it.

import { forEachAtOnce, imagesAtOnce } from '../at-once.js';
import { checkHooks, checkOptions, oneOf, show, text, threadCount } from '../check-options.js';
import { type Device, devices } from '../engine/runtime/device.js';
import { openSession, type Session } from '../engine/runtime/session.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { resizeGray } from '../image/resize.js';
import type { Hooks } from '../progress.js';
import { checkModelFile } from './check-model.js';
import { type ImageInput, readImage } from './image-input.js';
import type { ModelMetadata } from './metadata.js';
import { damagedModel, firstLine } from './model-file.js';

export interface LoadOptions {
  /** Threads of the engine. Default: its own choice, one per core. */
  threads?: number | undefined;
  /** Where the model runs. Default: `cpu`. */
  device?: Device | undefined;
}

/** A class and its probability, from 0 to 1. */
export interface ClassProbability<Class extends string = string> {
  label: Class;
  probability: number;
}

/** Probabilities of every class for one image. */
export interface Prediction<Class extends string = string> {
  /** The most probable class. */
  expression: Class;
  /** By class; they sum to 1. The order of the keys means nothing: JavaScript puts names that are numbers first. */
  probabilities: Record<Class, number>;
  /** Every class with its probability, the most probable first. */
  ranking: ClassProbability<Class>[];
  /**
   * How probable it is that no class is right because the image is nothing like the faces that the model learned from: blank,
   * no face, far too small, on its side. From `uncertainFrom` the rest means little. Missing where the model's file has no rule
   * for it (`metadata.uncertain`).
   */
  uncertain?: number;
}

/** A prediction that is so uncertain, from 0 to 1, means little. */
export const uncertainFrom = 0.5;

/** All that a network says of some images, from one run. */
export interface PixelAnswers {
  /** [n, classes] */
  logits: Float32Array;
  /** [n, classes] */
  probabilities: Float32Array;
  /** [n]; see Prediction. Null where the model's file has no rule for it. */
  uncertain: Float32Array | null;
}

/** Images predicted so far. */
export interface PredictEvent {
  type: 'predict';
  done: number;
}

/** A trained model, ready to predict. `await using` closes it at the end of a block. */
export interface ExpressionModel<Class extends string = string> extends AsyncDisposable {
  /** By output of the network. */
  readonly classes: readonly Class[];
  /** In pixels; images are resized to this. */
  readonly inputSize: { readonly width: number; readonly height: number };
  readonly metadata: ModelMetadata;
  /**
   * The expressions of face crops of any size; the whole image is taken as the face.
   *
   * @throws FerlabError `usage` for what isn't an image, values that don't fit an image's size, and a closed model; `data`
   *   for encoded images that can't be decoded; `interrupted` where the signal was aborted.
   */
  predict(images: readonly ImageInput[], hooks?: Hooks<PredictEvent>): Promise<Prediction<Class>[]>;
  predict(image: ImageInput, hooks?: Hooks<PredictEvent>): Promise<Prediction<Class>>;
  /** Probabilities [n, classes] for raw grey pixels [n, 1, height, width], 0 to 255, of the input size. */
  probabilities(pixels: Float32Array): Promise<Float32Array>;
  /** What the probabilities are the softmax of, [n, classes], for the same pixels. */
  logits(pixels: Float32Array): Promise<Float32Array>;
  /** All of it in one run, for the same pixels. Models of a program's own may lack this. */
  answers?(pixels: Float32Array): Promise<PixelAnswers>;
  /** Frees the engine's memory, after what runs has ended. May be called again. */
  close(): Promise<void>;
}

/** Images per call of the network. */
const batchSize = 64;

/**
 * Opens a model from the bytes of its file.
 *
 * @param options with `name`, which stands for the file in messages.
 * @throws FerlabError `model` where the bytes are not a whole ONNX file, or not one of this project's; `device` where the
 *   device can't be used; `usage` for wrong options.
 */
export async function loadModelFromBytes(
  bytes: Uint8Array | ArrayBuffer,
  options: LoadOptions & { name?: string | undefined } = {},
): Promise<ExpressionModel> {
  checkOptions('loadModelFromBytes', options, { threads: threadCount, device: oneOf(devices), name: text });
  const { name = 'the model' } = options;
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(file instanceof Uint8Array)) {
    throw new FerlabError(
      'usage',
      `loadModelFromBytes: expected the bytes of a model file (Uint8Array, ArrayBuffer), got ${show(file)}.`,
    );
  }
  return openModelFile(file, checkModelFile(file, name), name, options);
}

/** Opens the bytes of a model whose graph is known to be harmless: checked, or the bundled one. */
export async function openModelFile(
  file: Uint8Array,
  metadata: ModelMetadata,
  name: string,
  { threads, device }: LoadOptions,
): Promise<ExpressionModel> {
  let session: Session;
  try {
    session = await openSession(file, {
      quiet: true,
      ...(threads === undefined ? {} : { threads }),
      ...(device === undefined ? {} : { device }),
    });
  } catch (error) {
    if (error instanceof FerlabError) throw error;
    throw damagedModel(name, `ONNX Runtime refused it (${firstLine(error)})`, error);
  }
  if (
    !session.inputs.includes('pixels') ||
    !['probabilities', 'logits'].every((output) => session.outputs.includes(output))
  ) {
    await session.close();
    throw damagedModel(name, 'it lacks the input pixels or the outputs probabilities and logits');
  }
  return modelOfSession(session, metadata, name);
}

function modelOfSession(session: Session, metadata: ModelMetadata, name: string): ExpressionModel {
  const { width, height } = metadata.input;
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  const run = async (
    pixels: Float32Array,
    output: 'probabilities' | 'logits' | 'answers',
  ): Promise<PixelAnswers> => {
    if (closing !== null) {
      throw new FerlabError(
        'usage',
        `${name}: expected an open model, found one that was closed. Load it again, or close it after its last use.`,
      );
    }
    const count = pixels instanceof Float32Array ? pixels.length / (width * height) : Number.NaN;
    if (!Number.isInteger(count)) {
      const found = pixels instanceof Float32Array ? `${pixels.length} values` : show(pixels);
      throw new FerlabError(
        'usage',
        `${output}: expected a Float32Array of [n, 1, ${height}, ${width}], n times ${width * height} values; got ${found}.`,
      );
    }
    const unsure = metadata.uncertain !== undefined;
    const none = () => new Float32Array(0);
    if (count === 0) return { logits: none(), probabilities: none(), uncertain: unsure ? none() : null };
    const result = session.run({
      pixels: { type: tensorType('float32', [count, 1, height, width]), data: pixels },
    });
    running.add(result);
    let outputs: Awaited<typeof result>;
    try {
      outputs = await result;
    } catch (error) {
      throw damagedModel(name, `ONNX Runtime can't run it (${firstLine(error)})`, error);
    } finally {
      running.delete(result);
    }
    const read = (of: string, values: number) =>
      checkAnswers(outputs[of]!.data as Float32Array, values, name);
    return {
      logits: read('logits', count * metadata.classes.length),
      probabilities: read('probabilities', count * metadata.classes.length),
      uncertain: unsure ? read('uncertain', count) : null,
    };
  };
  return completeModel({
    classes: metadata.classes,
    inputSize: { width, height },
    metadata,
    probabilities: async (pixels) => (await run(pixels, 'probabilities')).probabilities,
    logits: async (pixels) => (await run(pixels, 'logits')).logits,
    answers: (pixels) => run(pixels, 'answers'),
    close() {
      closing ??= Promise.allSettled([...running]).then(() => session.close());
      return closing;
    },
  });
}

/** Refuses answers of a damaged model: too few or too many, or not numbers. */
function checkAnswers(answers: Float32Array, expected: number, where: string): Float32Array {
  if (answers.length !== expected)
    throw damagedModel(where, `it gives ${answers.length} values where its classes need ${expected}`);
  if (!answers.every(Number.isFinite))
    throw damagedModel(where, 'it answers with values that are not numbers');
  return answers;
}

/** A model from all but what follows from the rest. */
export function completeModel<Class extends string>(
  parts: Omit<ExpressionModel<Class>, 'predict' | typeof Symbol.asyncDispose>,
): ExpressionModel<Class> {
  const running = new Set<Promise<unknown>>();
  const predictAll = async (
    images: readonly ImageInput[],
    where: (i: number) => string,
    { signal, onProgress }: Hooks<PredictEvent>,
  ): Promise<Prediction<Class>[]> => {
    const { width, height } = parts.inputSize;
    const predictions: Prediction<Class>[] = [];
    for (let first = 0; first < images.length; first += batchSize) {
      const batch = images.slice(first, first + batchSize);
      const pixels = new Float32Array(batch.length * width * height);
      // Each is resized as soon as it is decoded: large images take their memory a few at a time.
      await forEachAtOnce(batch.length, imagesAtOnce, async (i) => {
        throwIfAborted(signal);
        const gray = await readImage(batch[i]!, where(first + i));
        pixels.set(resizeGray(gray, width, height).data, i * width * height);
      });
      predictions.push(...(await predictPixels(parts, pixels)));
      onProgress?.({ type: 'predict', done: predictions.length });
    }
    return predictions;
  };
  async function predict(
    images: ImageInput | readonly ImageInput[],
    hooks: Hooks<PredictEvent> = {},
  ): Promise<Prediction<Class> | Prediction<Class>[]> {
    checkHooks('predict', hooks);
    const isList = Array.isArray(images);
    const result = isList
      ? predictAll(images, (i) => `predict: images[${i}]`, hooks)
      : predictAll([images as ImageInput], () => 'predict: image', hooks);
    running.add(result);
    try {
      const predictions = await result;
      return isList ? predictions : predictions[0]!;
    } finally {
      running.delete(result);
    }
  }
  const close = async (): Promise<void> => {
    await Promise.allSettled([...running]);
    await parts.close();
  };
  return {
    ...parts,
    predict: predict as ExpressionModel<Class>['predict'],
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @throws FerlabError `interrupted` where the signal was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new FerlabError('interrupted', 'Stopped; the images so far are done.');
}

/** What a model says of raw grey pixels [n, 1, height, width], 0 to 255, of its input size. */
export async function predictPixels<Class extends string>(
  model: Pick<ExpressionModel<Class>, 'classes' | 'probabilities' | 'answers'>,
  pixels: Float32Array,
): Promise<Prediction<Class>[]> {
  if (pixels.length === 0) return [];
  if (model.answers === undefined) return toPredictions(model.classes, await model.probabilities(pixels));
  const { probabilities, uncertain } = await model.answers(pixels);
  return toPredictions(model.classes, probabilities, uncertain);
}

/** Ranks scores [n, classes], row by row; equally probable classes stay in their order. */
export function toPredictions<Class extends string>(
  classes: readonly Class[],
  scores: Float32Array,
  uncertain: Float32Array | null = null,
): Prediction<Class>[] {
  return Array.from({ length: scores.length / classes.length }, (_, row) => {
    const ranking = classes
      .map((label, i) => ({ label, probability: scores[row * classes.length + i]! }))
      .sort((a, b) => b.probability - a.probability);
    const probabilities = Object.fromEntries(
      ranking.map(({ label, probability }) => [label, probability]),
    ) as Record<Class, number>;
    const answer = { expression: ranking[0]!.label, probabilities, ranking };
    return uncertain === null ? answer : { ...answer, uncertain: uncertain[row]! };
  });
}
