// A network as the compiler sees it: a layer from images to its outputs with its preprocessing, and the tensors that it
// carries from step to step.

import { Random } from '../../random/random.js';
import type { Value } from '../ir/graph.js';
import type { ApplyContext, Layer, Specs, Values } from '../nn/layer.js';
import { add, multiply, scalar } from '../ops/elementwise.js';
import { allocate, type HostTensor } from '../tensor/array.js';
import { type Shape, ShapeError, tensorType } from '../tensor/type.js';

export interface Network {
  readonly layer: Layer;
  /** What the layer takes, of one image: [C, H, W]. */
  readonly inputShape: Shape;
  /** What a model file takes: larger where the network sees its centre alone; inputShape unless given. */
  readonly imageShape?: Shape;
  /** What the graph does to raw pixels first: pixels scale + offset. */
  readonly preprocessing: { readonly scale: number; readonly offset: number };
}

/** Named tensors in JavaScript memory. */
export type Tensors = Readonly<Record<string, HostTensor>>;

/** Trained parameters and running statistics. */
export interface Weights {
  readonly parameters: Tensors;
  readonly state: Tensors;
}

/** Starting weights; each tensor has a stream of its own, so adding a layer doesn't change the others. */
export function initializeWeights(network: Network, seed: number): Weights {
  const { parameters, state } = network.layer.describe(network.inputShape);
  const fill = (specs: Specs): Tensors =>
    Object.fromEntries(
      Object.entries(specs).map(([path, spec]) => {
        const tensor = allocate(tensorType('float32', spec.shape));
        spec.init(tensor.data as Float32Array, new Random(seed, 'initialise', path));
        return [path, tensor];
      }),
    );
  return { parameters: fill(parameters), state: fill(state) };
}

/** Traces the network on raw pixels [N, C, H, W]. A network with one output gives `logits`. */
export function applyNetwork(
  network: Network,
  context: ApplyContext,
  parameters: Values,
  state: Values,
  pixels: Value,
): { outputs: Values; state: Values } {
  const { scale, offset } = network.preprocessing;
  const scaled = scale === 1 ? pixels : multiply(pixels, scalar(pixels, scale));
  const input = offset === 0 ? scaled : add(scaled, scalar(scaled, offset));
  const applied = network.layer.apply(context, parameters, state, input);
  return { outputs: applied.outputs ?? { logits: applied.output }, state: applied.state };
}

export function parameterCount(network: Network): number {
  const { parameters } = network.layer.describe(network.inputShape);
  return Object.values(parameters).reduce(
    (sum, spec) => sum + spec.shape.reduce((product, size) => product * size, 1),
    0,
  );
}

/** Why the network can't take images of its own shape, as they are too small for its layers; null where it can. */
export function inputProblem({ layer, inputShape }: Network): string | null {
  try {
    layer.describe(inputShape);
    return null;
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}

/** Whether the network takes images of another shape [C, H, W] too, with the same weights. */
export function takesImagesOf(network: Network, inputShape: Shape): boolean {
  if (inputProblem({ ...network, inputShape }) !== null) return false;
  const shapes = (shape: Shape): string => {
    const { parameters, state } = network.layer.describe(shape);
    return JSON.stringify([parameters, state].map((specs) => Object.values(specs).map((spec) => spec.shape)));
  };
  return shapes(inputShape) === shapes(network.inputShape);
}
