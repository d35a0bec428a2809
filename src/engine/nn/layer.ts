// What a layer is: a function of options that returns `init` and `apply`. Parameters and running statistics are
// flat records keyed by path ("block1/conv/kernel"); a layer sees only its own part of them.

import type { Random } from '../../random/random.js';
import type { Value } from '../ir/graph.js';
import type { Shape } from '../tensor/type.js';
import type { DescribedLayer, DescribedNode } from './described.js';

/** How a stored tensor starts. */
export interface TensorSpec {
  readonly shape: Shape;
  /** Fills a fresh array; called once with the run's stream for this tensor. */
  init(data: Float32Array, random: Random): void;
}

export type Specs = Readonly<Record<string, TensorSpec>>;
export type Values = Readonly<Record<string, Value>>;

export interface LayerSpecs {
  /** Trained by the optimizer. */
  readonly parameters: Specs;
  /** Kept by the layer itself: running statistics. */
  readonly state: Specs;
  /** Of one example, without the batch axis. */
  readonly outputShape: Shape;
  /** Multiply-adds of one example, forward. */
  readonly multiplyAdds: number;
}

/** What `apply` may ask of its surroundings. */
export interface ApplyContext {
  readonly training: boolean;
  /** A mask of this shape, 0 with probability `rate`, else 1 / (1 - rate), drawn anew each step. */
  dropoutMask(shape: Shape, rate: number): Value;
}

interface Applied {
  readonly output: Value;
  /** All outputs by name, of the outermost layer of a network with several; `output` alone unless given. */
  readonly outputs?: Values;
  /** New running statistics, by the names of `state`; empty outside training. */
  readonly state: Values;
}

/** What a layer is made of, as data, under the paths of its parameters. */
type LayerForm =
  | { readonly kind: 'identity' }
  | { readonly kind: 'layer'; readonly layer: DescribedLayer }
  | { readonly kind: 'sequence'; readonly layers: Readonly<Record<string, Layer>> }
  /** Layers that read the same, and how what they give becomes one. */
  | {
      readonly kind: 'branches';
      readonly names: readonly string[];
      readonly layers: readonly Layer[];
      readonly join: DescribedLayer;
    }
  | { readonly kind: 'nodes'; readonly nodes: readonly DescribedNode[] };

export interface Layer {
  /** Missing where the layer has no form that other frameworks would know. */
  readonly form?: LayerForm;
  /** Specs for an input of one example's shape ([C, H, W] or [features]). Throws ShapeError where it doesn't fit. */
  describe(inputShape: Shape): LayerSpecs;
  apply(context: ApplyContext, parameters: Values, state: Values, x: Value): Applied;
}

/** A layer without parameters or state. @param described the same as data, where there is such a form. */
export function stateless(
  outputShape: (inputShape: Shape) => Shape,
  apply: (context: ApplyContext, x: Value) => Value,
  described?: DescribedLayer,
): Layer {
  return {
    ...(described === undefined ? {} : { form: { kind: 'layer', layer: described } }),
    describe: (inputShape) => ({
      parameters: {},
      state: {},
      outputShape: outputShape(inputShape),
      multiplyAdds: 0,
    }),
    apply: (context, _parameters, _state, x) => ({ output: apply(context, x), state: {} }),
  };
}

/** The entries below `prefix/`, with the prefix taken off. */
export function below<T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  const start = `${prefix}/`;
  return Object.fromEntries(
    Object.entries(record)
      .filter(([path]) => path.startsWith(start))
      .map(([path, value]) => [path.slice(start.length), value]),
  );
}

/** The same entries put below `prefix/`. */
export function prefixed<T>(record: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([path, value]) => [`${prefix}/${path}`, value]));
}
