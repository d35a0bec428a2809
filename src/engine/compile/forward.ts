// Compiles a network's forward pass: with its weights stored (a model file), or fed (validation while training).

import type { Provider } from '../ir/graph.js';
import { Graph, type Value } from '../ir/graph.js';
import type { ApplyContext, Values } from '../nn/layer.js';
import type { OnnxGraph } from '../onnx/model.js';
import { softmax } from '../ops/loss.js';
import { slice } from '../ops/shaping.js';
import { sameShape, tensorType } from '../tensor/type.js';
import { batchAxis, type FreeAxes, lowerGraph } from './lower.js';
import { applyNetwork, type Network, type Weights } from './network.js';

export const pixelsName = 'pixels';
const inferenceContext: ApplyContext = {
  training: false,
  dropoutMask() {
    throw new Error('Dropout is off outside training.');
  },
};

export interface ForwardOptions {
  /** Weights that become tensors of the file; inputs, to be fed, unless given. */
  stored?: Weights;
  /** Of the machine that will run the graph (runtime/channel-block.ts); null, a graph for any machine, unless given. */
  channelBlock?: number | null;
  /** What the graph gives, from the network's outputs; `logits` and `probabilities` unless given. */
  answers?: (outputs: Values) => Values;
  /** What the graph calls its input; `pixels` unless given. */
  inputName?: string;
  /**
   * Free axes of the input and of the answers, by name, for networks whose layers fit images of several sizes. Only the
   * number of images is free unless given.
   */
  freeAxes?: FreeAxes;
}

const classAnswers = ({ logits }: Values): Values => ({ logits: logits!, probabilities: softmax(logits!) });

/**
 * Graph from `pixels` [N, C, H, W] (raw values, any N) to the answers, by default `logits` and `probabilities`
 * [N, classes]. Weights are named `parameters/...` and `state/...`.
 */
export function compileForward(
  network: Network,
  provider: Provider,
  {
    stored,
    channelBlock = null,
    answers = classAnswers,
    inputName = pixelsName,
    freeAxes,
  }: ForwardOptions = {},
): OnnxGraph {
  const graph = new Graph();
  // Traced with two images: an axis of size 1 would broadcast where any number has to work.
  const imageShape = network.imageShape ?? network.inputShape;
  const pixels = graph.input(inputName, tensorType('float32', [2, ...imageShape]));
  const specs = network.layer.describe(network.inputShape);
  const weights = (kind: 'parameters' | 'state'): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(specs[kind]).map(([path, { shape }]) => {
        const type = tensorType('float32', shape);
        const data = stored?.[kind][path]?.data as Float32Array | undefined;
        const name = `${kind}/${path}`;
        return [path, data ? graph.constant(type, data, name) : graph.input(name, type)];
      }),
    );
  const { outputs } = applyNetwork(
    network,
    inferenceContext,
    weights('parameters'),
    weights('state'),
    centre(pixels, network.inputShape),
  );
  const answered = answers(outputs);
  return lowerGraph(graph, {
    name: 'forward',
    provider,
    channelBlock,
    outputs: answered,
    freeAxes:
      freeAxes ??
      Object.fromEntries([inputName, ...Object.keys(answered)].map((name) => [name, [batchAxis]])),
  });
}

/** The middle of images [N, C, H, W], of this shape [C, H, W]. */
function centre(pixels: Value, shape: readonly number[]): Value {
  if (sameShape(pixels.shape.slice(1), shape)) return pixels;
  return [2, 3].reduce((value, axis) => {
    const size = shape[axis - 1]!;
    const margin = value.shape[axis]! - size;
    return margin === 0 ? value : slice(value, axis, margin >> 1, (margin >> 1) + size);
  }, pixels);
}
