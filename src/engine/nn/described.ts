// Layers as data: what one does, in numbers and names, so that a network can be written down, stored, and told to other
// frameworks. Feature maps are [C, H, W]; "last channel" names what keeps the order of elements of [H, W, C].

import type { ActivationName, ActivationOptions } from './activations.js';
import type { Sides } from './rearranging.js';

export type Pair = readonly [number, number];
type Padding = 'same' | 'valid';

/** A layer, by what it does. Numbers are as in the layers of engine/nn that they are given to. */
export type DescribedLayer =
  | { kind: 'scale'; scale: readonly number[]; offset: readonly number[] }
  | { kind: 'standardize'; epsilon: number }
  | {
      kind: 'conv';
      filters: number;
      kernel: Pair;
      strides: Pair;
      dilation: Pair;
      padding: Padding;
      groups: number;
      bias: boolean;
    }
  | { kind: 'dense'; units: number; bias: boolean }
  | { kind: 'norm'; momentum: number; epsilon: number }
  | ({ kind: 'activation'; name: ActivationName } & ActivationOptions)
  | { kind: 'prelu' }
  | { kind: 'pool'; of: 'max' | 'average'; size: Pair; strides: Pair; padding: Padding }
  | { kind: 'globalPool'; of: 'max' | 'average'; keep: boolean }
  | { kind: 'dropout'; rate: number; channels: boolean }
  | { kind: 'flatten'; lastChannel: boolean }
  | { kind: 'reshape'; target: readonly number[] }
  | { kind: 'permute'; order: readonly number[] }
  | { kind: 'pad' | 'crop'; sides: Sides }
  | { kind: 'enlarge'; factor: number }
  | { kind: 'softmax' }
  | { kind: 'join'; how: 'add' | 'subtract' | 'multiply' | 'divide' | 'average' | 'maximum' | 'minimum' }
  | { kind: 'concat'; axis: number };

/** A layer in its place. */
export interface DescribedNode {
  /** First part of its parameters' paths. */
  readonly name: string;
  /** The nodes before it that it reads; `input` is the image. */
  readonly from: readonly string[];
  readonly layer: DescribedLayer;
}
