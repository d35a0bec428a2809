// The layers of a model before its last one: they turn pictures into features, and are not trained.

import { compileForward } from '../engine/compile/forward.js';
import type { Network } from '../engine/compile/network.js';
import { sequential } from '../engine/nn/compose.js';
import type { Layer } from '../engine/nn/layer.js';
import { averagePooling2d, dense, flatten } from '../engine/nn/layers.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { rewriteForInterchange } from '../engine/onnx/interchange.js';
import { continueFrom, cutAt, findLastLayer, type LastLayer } from '../engine/onnx/last-layer.js';
import type { ModelProto } from '../engine/onnx/model.js';
import { openSession, type Session, type SessionOptions } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import type { ModelMetadata } from '../predict/metadata.js';
import { damagedModel, firstLine } from '../predict/model-file.js';
import { parseModelFile } from '../predict/parse-model.js';
import type { DenseWeights } from './feature-basis.js';

/** What the features' graph calls its output. */
const outputName = 'features';

export interface Trunk {
  readonly metadata: ModelMetadata;
  /** Features of a picture. */
  readonly size: number;
  /** How many of them, side by side, one channel gives: 4, of the quarters of the picture, or 1. */
  readonly cells: 1 | 4;
  /** Features [n, size] of grey pictures [n, 1, height, width] of the model's size, 0 to 255. */
  features(pixels: Float32Array): Promise<Float32Array>;
  /** The whole model with a new last layer, without metadata. It gives `logits` and `probabilities`. */
  withLayer(weights: DenseWeights): ModelProto;
  close(): Promise<void>;
}

/**
 * Opens a model file's layers before the last one.
 *
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are not a model of this project, or one whose last layer isn't dense.
 */
export async function openTrunk(bytes: Uint8Array, where: string, options: SessionOptions): Promise<Trunk> {
  const { model, metadata } = parseModelFile(bytes, where);
  rewriteForInterchange(model);
  let last: LastLayer;
  try {
    last = findLastLayer(model);
  } catch (error) {
    throw damagedModel(where, (error as Error).message, error);
  }
  const opened = await openLayers(model, last, metadata, options).catch((error: unknown) => {
    if (error instanceof FerlabError) throw error;
    throw damagedModel(where, `ONNX Runtime can't run it (${firstLine(error)})`, error);
  });
  const { value, shape, before, session } = opened;
  const cells = Object.keys(before).length > 0 ? 4 : 1;
  const size = shape[0]! * cells;
  const { width, height } = metadata.input;
  return {
    metadata,
    size,
    cells,
    async features(pixels) {
      const count = pixels.length / (width * height);
      const outputs = await run(session, pixels, [count, 1, height, width]);
      return Object.values(outputs)[0]!.data as Float32Array;
    },
    withLayer({ kernel, bias }) {
      const classes = bias.length;
      const network = networkOf({ ...before, logits: dense({ units: classes }) }, shape);
      const stored = {
        parameters: {
          'logits/kernel': floatTensor([size, classes], kernel),
          'logits/bias': floatTensor([classes], bias),
        },
        state: {},
      };
      // In WebGPU's forms, which run everywhere.
      const head = compileForward(network, 'webgpu', { stored, inputName: outputName });
      return continueFrom(model, value, head.toModel({ name: 'ferlab', version: '' }));
    },
    close: () => session.close(),
  };
}

async function openLayers(
  model: ModelProto,
  last: LastLayer,
  metadata: ModelMetadata,
  options: SessionOptions,
) {
  const { value, shape } = await chooseValue(model, last, metadata, options);
  const before = layersBefore(shape);
  return { value, shape, before, session: await openFeatures(model, value, shape, before, options) };
}

const networkOf = (layers: Readonly<Record<string, Layer>>, inputShape: readonly number[]): Network => ({
  layer: sequential(layers),
  inputShape,
  preprocessing: { scale: 1, offset: 0 },
});

const run = (session: Session, pixels: Float32Array, shape: readonly number[]) =>
  session.run({ pixels: { type: tensorType('float32', shape), data: pixels } });

/**
 * The value to go on from: the maps under a mean over all positions, where they are square and not of one position, else
 * what the last layer takes. The mean can't tell left from right or up from down, which own expressions may differ in.
 */
async function chooseValue(
  model: ModelProto,
  { features, maps }: LastLayer,
  { input }: ModelMetadata,
  options: SessionOptions,
): Promise<{ value: string; shape: readonly number[] }> {
  const shapeOf = async (value: string, axes: readonly string[]): Promise<readonly number[]> => {
    const session = await openSession(serializeModel(cutAt(model, value, axes)), options);
    try {
      const blank = new Float32Array(input.height * input.width);
      const outputs = await run(session, blank, [1, 1, input.height, input.width]);
      return outputs[value]!.type.shape.slice(1);
    } finally {
      await session.close();
    }
  };
  if (maps !== null) {
    const shape = await shapeOf(maps, ['channels', 'rows', 'columns']);
    if (shape.length === 3 && shape[1] === shape[2] && shape[1]! > 1) return { value: maps, shape };
  }
  return { value: features, shape: await shapeOf(features, ['size']) };
}

/** What comes between the value and the last layer: means over the quarters of maps, which share a line where it is odd. */
function layersBefore(shape: readonly number[]): Readonly<Record<string, Layer>> {
  const side = shape[1];
  if (side === undefined) return {};
  return {
    quarters: averagePooling2d({ poolSize: Math.ceil(side / 2), strides: Math.floor(side / 2) }),
    flatten: flatten(),
  };
}

async function openFeatures(
  model: ModelProto,
  value: string,
  shape: readonly number[],
  before: Readonly<Record<string, Layer>>,
  options: SessionOptions,
): Promise<Session> {
  if (Object.keys(before).length === 0)
    return openSession(serializeModel(cutAt(model, value, ['size'])), options);
  const pooling = compileForward(networkOf(before, shape), 'webgpu', {
    inputName: 'maps',
    answers: ({ logits }) => ({ [outputName]: logits! }),
  });
  const whole = continueFrom(model, value, pooling.toModel({ name: 'ferlab', version: '' }));
  return openSession(serializeModel(whole), options);
}
