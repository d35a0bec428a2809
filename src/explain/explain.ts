/// <reference lib="esnext.disposable" preserve="true" />
// Where a model looks: for an image and a class, a map over the image's pixels, in one of three ways.

import {
  checkArgument,
  checkHooks,
  checkOptions,
  fileBytes,
  oneOf,
  text,
  threadCount,
} from '../check-options.js';
import { storedTensors } from '../engine/onnx/edit.js';
import type { ModelProto } from '../engine/onnx/model.js';
import { openSession, type Session } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { ShapeError } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { resizeGray } from '../image/resize.js';
import { createNetwork } from '../models/create.js';
import { type ImageInput, readImage } from '../predict/image-input.js';
import type { ModelMetadata } from '../predict/metadata.js';
import {
  type ExpressionModel,
  loadModelFromBytes,
  type Prediction,
  throwIfAborted,
  toPredictions,
} from '../predict/model.js';
import { parseModelFile } from '../predict/parse-model.js';
import type { Hooks } from '../progress.js';
import { storedNetwork } from '../train/config/stored-network.js';
import { classMap, findLinearEnd, type LinearEnd, withFeatures } from './class-activation.js';
import { chosenName, compileGradientMap, imagesPerRun, weightsOf } from './gradient-map.js';
import { type ExplainMethod, explainMethods } from './methods.js';
import { occlusionMap } from './occlusion-map.js';
import { placeMap, type SeenPart } from './place-map.js';

export interface ExplainOptions {
  /**
   * `class-activation`: what each place adds to the logit of the class, for networks that end in global average pooling and a dense
   * layer (Zhou et al. 2016). `gradient`: the same to first order, 0 or more, for networks of this project (Grad-CAM, Selvaraju et
   * al. 2017). `occlusion`: by how much the probability falls when a grey patch hides a place, for any model (Zeiler and
   * Fergus 2014). Default: the first of these that the model has.
   */
  method?: ExplainMethod | undefined;
  /** The class to explain; for each image the most probable one unless given. */
  expression?: string | undefined;
}

/** Where the model looks in one image. */
export interface Explanation<Class extends string = string> {
  method: ExplainMethod;
  /** What the map explains. */
  expression: Class;
  /** The model's answer for the image. */
  prediction: Prediction<Class>;
  /** Of the map: the size of images that the model takes. */
  width: number;
  height: number;
  /**
   * `height * width` values, row by row. `class-activation`: parts of the logit; their mean over what the network sees, and a bias, are
   * the logit. `gradient`: the same to first order, without what speaks against the class. `occlusion`: the mean fall of the probability, from -1
   * to 1. 0 where the network doesn't look: it may see the centre of the image alone.
   */
  map: Float32Array;
  /** The image as the model takes it: `height * width` grey values from 0 to 255. */
  pixels: Uint8Array;
}

/** Images explained so far. */
export interface ExplainEvent {
  type: 'explain';
  done: number;
}

/** A model that is ready to be explained. `await using` closes it at the end of a block. */
export interface Explainer extends AsyncDisposable {
  /** The model that is explained; it is closed with the explainer. */
  readonly model: ExpressionModel;
  /** What this model has, the default first. */
  readonly methods: readonly ExplainMethod[];
  /**
   * Explains face crops of any size; the whole image is taken as the face.
   *
   * @throws FerlabError `usage` for a method that the model doesn't have, a class that it doesn't know, and what isn't an image;
   *   `data` for encoded images that can't be decoded; `interrupted` where the signal was aborted.
   */
  explain(
    images: readonly ImageInput[],
    options?: ExplainOptions,
    hooks?: Hooks<ExplainEvent>,
  ): Promise<Explanation[]>;
  /** Frees the engine's memory. May be called again. */
  close(): Promise<void>;
}

/** Images per call of the network. */
const batchSize = 32;
/** How far the logits that the features give may lie from the network's, relative to their size. */
const tolerance = 1e-3;

type MapMaker = (pixels: Float32Array, expression: number) => Promise<Float32Array>;

/**
 * Opens a model's file to explain its answers.
 *
 * @throws FerlabError `model` where the bytes are not a model of this project; `usage` for wrong options.
 */
export async function openExplainer(
  bytes: Uint8Array,
  options: { name?: string | undefined; threads?: number | undefined } = {},
): Promise<Explainer> {
  checkArgument('openExplainer: bytes', bytes, fileBytes);
  checkOptions('openExplainer', options, { name: text, threads: threadCount });
  const { name = 'the model', threads } = options;
  const { model: file, metadata } = parseModelFile(bytes, name);
  const model = await loadModelFromBytes(bytes, { name, threads });
  const { classes, inputSize } = model;
  const sessions: Session[] = [];
  const open = async (graph: Uint8Array): Promise<Session> => {
    const session = await openSession(graph, { quiet: true, ...(threads === undefined ? {} : { threads }) });
    sessions.push(session);
    return session;
  };
  const seen = seenPart(metadata);
  const makers = new Map<ExplainMethod, MapMaker>();
  const end = findLinearEnd(file, classes.length);
  if (end !== null) {
    const maker = await activationMaker(await open(withFeatures(file, end)), end, metadata, seen);
    if (maker !== null) makers.set('class-activation', maker);
  }
  const gradientGraph = gradientMapOf(file, metadata);
  if (gradientGraph !== null)
    makers.set('gradient', gradientMaker(await open(gradientGraph), metadata, seen));
  makers.set('occlusion', (pixels, expression) =>
    occlusionMap(pixels, inputSize, {
      probabilities: model.probabilities,
      classes: classes.length,
      expression,
      batch: batchSize,
    }),
  );
  const methods = explainMethods.filter((method) => makers.has(method));
  const close = async (): Promise<void> => {
    await Promise.all(sessions.splice(0).map((session) => session.close()));
    await model.close();
  };

  async function explainOne(
    image: ImageInput,
    where: string,
    { method, expression }: { method: ExplainMethod; expression: string | undefined },
  ): Promise<Explanation> {
    const { width, height } = inputSize;
    const gray = resizeGray(await readImage(image, where), width, height).data;
    const pixels = Float32Array.from(gray);
    const prediction = toPredictions(classes, await model.probabilities(pixels))[0]!;
    const explained = expression ?? prediction.expression;
    const map = await makers.get(method)!(pixels, classes.indexOf(explained));
    return { method, expression: explained, prediction, width, height, map, pixels: Uint8Array.from(gray) };
  }

  return {
    model,
    methods,
    async explain(images, explainOptions = {}, hooks = {}) {
      checkOptions('explain', explainOptions, { method: oneOf(explainMethods), expression: oneOf(classes) });
      checkHooks('explain', hooks);
      const { method = methods[0]!, expression } = explainOptions;
      if (!makers.has(method)) throw missingMethod(name, method, methods);
      const explanations: Explanation[] = [];
      for (const [i, image] of images.entries()) {
        throwIfAborted(hooks.signal);
        explanations.push(await explainOne(image, `explain: images[${i}]`, { method, expression }));
        hooks.onProgress?.({ type: 'explain', done: i + 1 });
      }
      return explanations;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function missingMethod(name: string, method: ExplainMethod, methods: readonly ExplainMethod[]): FerlabError {
  const why =
    method === 'class-activation'
      ? 'a network that ends in global average pooling and one dense layer'
      : 'a network of this project, with weights that are named by their layers';
  return new FerlabError(
    'usage',
    `${name}: the method ${method} expects ${why}; this is another. It can be explained by ${methods.join(' or ')}.`,
  );
}

/** What the network sees of an image that the model takes. */
function seenPart({ input: { width, height }, training }: ModelMetadata): SeenPart {
  const crop = cropOf(training);
  if (crop === null || crop > Math.min(width, height)) return { left: 0, top: 0, width, height };
  return { left: (width - crop) >> 1, top: (height - crop) >> 1, width: crop, height: crop };
}

function cropOf(training: ModelMetadata['training']): number | null {
  const { crop } = (training.augment ?? {}) as { crop?: unknown };
  return Number.isInteger(crop) ? (crop as number) : null;
}

const chosen = (classes: number, expression: number): Float32Array =>
  Float32Array.from({ length: classes }, (_, k) => (k === expression ? 1 : 0));

/** Class activation by a graph that gives its last features; null where these don't make the logits. */
async function activationMaker(
  session: Session,
  end: LinearEnd,
  { input: { width, height } }: ModelMetadata,
  seen: SeenPart,
): Promise<MapMaker | null> {
  const run = async (pixels: Float32Array) => {
    const results = await session.run({ pixels: floatTensor([1, 1, height, width], pixels) });
    const features = results[end.features]!;
    return { features, logits: results.logits!.data as Float32Array };
  };
  // An image with something in it: even ones hide differences.
  const probe = Float32Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
  const { features, logits } = await run(probe);
  const [, channels, rows, columns] = features.type.shape;
  if (features.type.shape.length !== 4 || channels !== end.channels) return null;
  const places = rows! * columns!;
  const largest = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (const [k, logit] of logits.entries()) {
    const map = classMap(features.data as Float32Array, end, k);
    const mean = map.reduce((sum, value) => sum + value, 0) / places;
    if (Math.abs(mean + end.bias[k]! - logit) > tolerance * largest) return null;
  }
  return async (pixels, expression) => {
    const map = classMap((await run(pixels)).features.data as Float32Array, end, expression);
    return placeMap(map, { rows: rows!, columns: columns! }, seen, { width, height });
  };
}

/** The graph of gradients of a model that this project trained; null where it can't be traced again. */
function gradientMapOf(file: ModelProto, { training, input, classes }: ModelMetadata): Uint8Array | null {
  const config = storedNetwork(training.model);
  if (config === null) return null;
  try {
    const network = createNetwork(config, input, classes.length, cropOf(training));
    const weights = weightsOf(network, storedTensors(file));
    return weights === null ? null : compileGradientMap(network, weights);
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}

function gradientMaker(
  session: Session,
  { input: { width, height }, classes, calibration }: ModelMetadata,
  seen: SeenPart,
): MapMaker {
  // The weights know nothing of the temperature that the file divides its logits by.
  const temperature = calibration?.temperature ?? 1;
  return async (pixels, expression) => {
    const twice = (values: Float32Array, shape: readonly number[]) =>
      floatTensor([imagesPerRun, ...shape], Float32Array.of(...values, ...values));
    const results = await session.run({
      pixels: twice(pixels, [1, height, width]),
      [chosenName]: twice(chosen(classes.length, expression), [classes.length]),
    });
    const { type, data } = results.map!;
    const [, rows, columns] = type.shape;
    const map = (data as Float32Array).subarray(0, rows! * columns!).map((value) => value / temperature);
    return placeMap(map, { rows: rows!, columns: columns! }, seen, { width, height });
  };
}
