// Layers as data: what one does, in numbers and names, so that a network can be written down, stored, and told to other
// frameworks. Feature maps are [C, H, W]; "last channel" names what keeps the order of elements of [H, W, C].

export type Pair = readonly [number, number];
type Padding = 'same' | 'valid';
/** Rows and columns at top, left, bottom, right. */
export type Sides = readonly [top: number, left: number, bottom: number, right: number];

/** Activations, by their names in Keras; activations.ts computes them. */
export type ActivationName =
  | 'linear'
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'elu'
  | 'selu'
  | 'silu'
  | 'gelu'
  | 'gelu_tanh'
  | 'hard_sigmoid'
  | 'hard_silu'
  | 'softplus'
  | 'softsign'
  | 'exponential'
  | 'mish';

/** What an activation is, beyond its name. */
export interface ActivationOptions {
  /** elu: the limit at the left, negated; 1 unless given. */
  alpha?: number | undefined;
  /** relu: the slope below zero; 0 unless given. hard_sigmoid: the slope in the middle; 1/6 unless given. */
  slope?: number | undefined;
  /** relu: the largest value; without limit unless given. */
  top?: number | undefined;
}

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
