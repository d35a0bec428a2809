// The layers of a described network as Keras's, each with its settings and weights. Feature maps are [C, H, W] here and
// [H, W, C] in Keras.

import type { Tensors, Weights } from '../../engine/compile/network.js';
import type { DescribedLayer, DescribedNode } from '../../engine/nn/described.js';
import type { Shape } from '../../engine/tensor/type.js';
import { FerlabError } from '../../errors.js';
import { importedShape } from '../../models/imported.js';
import type { Hdf5Tensor } from '../hdf5/content.js';
import { permuted } from './build.js';

/** A layer as Keras has it. */
export interface WrittenLayer {
  className: string;
  name: string;
  config: Record<string, unknown>;
  /** Names of the layers that it reads; empty for the input. */
  inputs: readonly string[];
  /** In Keras's order. */
  weights: readonly Hdf5Tensor[];
  /** Of what it gives, without the batch, as Keras has it. */
  shape: readonly number[];
}

interface Value {
  layer: string;
  /** As here: [C, H, W]. */
  shape: Shape;
}

const kerasShape = (shape: Shape): number[] =>
  shape.length === 3 ? [shape[1]!, shape[2]!, shape[0]!] : [...shape];

/** Axes of ours, of an image, as Keras numbers them without the batch, from 1. */
const kerasAxis = (axis: number): number => [3, 1, 2][axis]!;

/** Keras takes no slash in a name; `build.ts` makes one of a dot. */
const kerasLayerName = (path: string): string => path.replaceAll('/', '.');

const joinClasses = {
  add: 'Add',
  subtract: 'Subtract',
  multiply: 'Multiply',
  average: 'Average',
  maximum: 'Maximum',
  minimum: 'Minimum',
} as const;

export class LayerWriter {
  readonly layers: WrittenLayer[] = [];
  private readonly values = new Map<string, Value>();

  constructor(
    private readonly where: string,
    private readonly weights: Weights,
    imageShape: Shape,
  ) {
    this.values.set(
      'input',
      this.add('InputLayer', 'image', { batch_shape: [null, ...kerasShape(imageShape)] }, [], imageShape),
    );
  }

  /** The last value's layer. */
  take(nodes: readonly DescribedNode[]): Value {
    let last = this.values.get('input')!;
    for (const node of nodes) {
      last = this.takeNode(node);
      this.values.set(node.name, last);
    }
    return last;
  }

  /** What follows the logits: a temperature, if any, and the softmax. */
  finish(logits: Value, temperature: number | null): string {
    const scaled =
      temperature === null
        ? logits
        : this.add('Rescaling', 'temperature', { scale: 1 / temperature, offset: 0 }, [logits], logits.shape);
    return this.add('Softmax', 'probabilities', { axis: -1 }, [scaled], logits.shape).layer;
  }

  private takeNode({ name, from, layer }: DescribedNode): Value {
    const inputs = from.map((source) => this.values.get(source)!);
    const shape = importedShape(
      layer,
      inputs.map((input) => input.shape),
    );
    const label = kerasLayerName(name);
    switch (layer.kind) {
      case 'conv':
        return this.conv(name, layer, inputs[0]!, shape);
      case 'join':
      case 'concat':
        return this.join(label, layer, inputs, shape);
      case 'flatten': {
        const [input] = inputs as [Value];
        if (layer.lastChannel || input.shape.length === 1)
          return this.add('Flatten', label, {}, inputs, shape);
        // Keras goes through the channels of a position first; turned first, it comes to our order.
        const [c, h, w] = input.shape as [number, number, number];
        const turned = this.add('Permute', `${label}.order`, { dims: [3, 1, 2] }, inputs, [w, c, h]);
        return this.add('Flatten', label, {}, [turned], shape);
      }
      default: {
        const [className, config, weights = []] = this.plain(name, layer);
        if (layer.kind === 'scale' && inputs[0]!.shape[0] !== shape[0])
          return this.add(className, label, config, [this.repeated(label, inputs[0]!, shape)], shape);
        return this.add(className, label, config, inputs, shape, weights);
      }
    }
  }

  /** Grey as three equal channels. */
  private repeated(label: string, input: Value, shape: Shape): Value {
    const copies = Array.from({ length: shape[0]! }, () => input);
    return this.add('Concatenate', `${label}.channels`, { axis: -1 }, copies, shape);
  }

  private conv(name: string, layer: DescribedLayer & { kind: 'conv' }, input: Value, shape: Shape): Value {
    const { filters, kernel: size, strides, dilation, padding, groups, bias } = layer;
    const channels = input.shape[0]!;
    const { kernel, ...rest } = this.tensors(name, bias ? ['kernel', 'bias'] : ['kernel']);
    const common = {
      kernel_size: size,
      strides,
      padding,
      data_format: 'channels_last',
      dilation_rate: dilation,
      activation: 'linear',
      use_bias: bias,
    };
    const own = bias ? [rest.bias!] : [];
    if (groups === channels && groups > 1) {
      const multiplier = filters / channels;
      const apart = { shape: [channels, multiplier, ...size], data: kernel!.data };
      const weights = [turned(apart, [2, 3, 0, 1]), ...own];
      return this.add(
        'DepthwiseConv2D',
        kerasLayerName(name),
        { ...common, depth_multiplier: multiplier },
        [input],
        shape,
        weights,
      );
    }
    const weights = [turned(kernel!, [2, 3, 1, 0]), ...own];
    return this.add('Conv2D', kerasLayerName(name), { ...common, filters, groups }, [input], shape, weights);
  }

  private join(label: string, layer: DescribedLayer, inputs: readonly Value[], shape: Shape): Value {
    if (layer.kind === 'concat') {
      const axis = shape.length === 3 ? kerasAxis(layer.axis) : -1;
      return this.add('Concatenate', label, { axis }, inputs, shape);
    }
    if (layer.kind !== 'join' || layer.how === 'divide')
      throw this.refuse(label, 'divides a value by another, for which Keras has no layer');
    const same = inputs.map((input, i) => {
      if (input.shape.length === shape.length) return input;
      const target = [1, 1, input.shape[0]!];
      return this.add(
        'Reshape',
        `${label}.operand${i + 1}`,
        { target_shape: target },
        [input],
        [input.shape[0]!, 1, 1],
      );
    });
    return this.add(joinClasses[layer.how], label, {}, same, shape);
  }

  /** Layers that are one of Keras's, with settings that follow from theirs. */
  private plain(name: string, layer: DescribedLayer): [string, Record<string, unknown>, Hdf5Tensor[]?] {
    const list = (values: readonly number[]): number | readonly number[] =>
      values.length === 1 ? values[0]! : values;
    switch (layer.kind) {
      case 'scale':
        return ['Rescaling', { scale: list(layer.scale), offset: list(layer.offset) }];
      case 'standardize':
        return [
          'LayerNormalization',
          { axis: [1, 2, 3], epsilon: layer.epsilon, center: false, scale: false },
        ];
      case 'dense': {
        const { kernel, bias } = this.tensors(name, layer.bias ? ['kernel', 'bias'] : ['kernel']);
        const config = { units: layer.units, activation: 'linear', use_bias: layer.bias };
        return ['Dense', config, [kernel!, ...(layer.bias ? [bias!] : [])]];
      }
      case 'norm': {
        const { gamma, beta, mean, variance } = this.tensors(name, ['gamma', 'beta', 'mean', 'variance']);
        const config = {
          axis: -1,
          momentum: layer.momentum,
          epsilon: layer.epsilon,
          center: true,
          scale: true,
        };
        return ['BatchNormalization', config, [gamma!, beta!, mean!, variance!]];
      }
      case 'activation':
        return this.activation(name, layer);
      case 'prelu': {
        const { alpha } = this.tensors(name, ['alpha']);
        const { length } = alpha!.data;
        const onImages = this.values.get('input')!.shape.length === 3;
        return [
          'PReLU',
          { shared_axes: onImages ? [1, 2] : null },
          [{ shape: [1, 1, length], data: alpha!.data }],
        ];
      }
      case 'pool': {
        const config = {
          pool_size: layer.size,
          strides: layer.strides,
          padding: layer.padding,
          data_format: 'channels_last',
        };
        return [layer.of === 'max' ? 'MaxPooling2D' : 'AveragePooling2D', config];
      }
      case 'globalPool':
        return [
          layer.of === 'max' ? 'GlobalMaxPooling2D' : 'GlobalAveragePooling2D',
          { data_format: 'channels_last', keepdims: layer.keep },
        ];
      case 'dropout':
        return [layer.channels ? 'SpatialDropout2D' : 'Dropout', { rate: layer.rate }];
      case 'reshape':
        return ['Reshape', { target_shape: layer.target }];
      case 'permute': {
        // Keras's output [a, b, c] is ours [c, a, b].
        const [c, a, b] = layer.order.map(kerasAxis);
        return ['Permute', { dims: [a, b, c] }];
      }
      case 'pad':
      case 'crop': {
        const [top, left, bottom, right] = layer.sides;
        const sides = [
          [top, bottom],
          [left, right],
        ];
        return layer.kind === 'pad'
          ? ['ZeroPadding2D', { padding: sides }]
          : ['Cropping2D', { cropping: sides }];
      }
      case 'enlarge':
        return ['UpSampling2D', { size: [layer.factor, layer.factor], interpolation: 'nearest' }];
      case 'softmax':
        return ['Softmax', { axis: -1 }];
      default:
        throw this.refuse(name, `is a ${layer.kind}, for which Keras has no layer`);
    }
  }

  private activation(
    name: string,
    layer: DescribedLayer & { kind: 'activation' },
  ): [string, Record<string, unknown>] {
    const { slope = 0, top, alpha = 1 } = layer;
    if (layer.name === 'relu' && (slope !== 0 || top !== undefined))
      return ['ReLU', { max_value: top ?? null, negative_slope: slope, threshold: 0 }];
    if (layer.name === 'elu') return ['ELU', { alpha }];
    const isOld = layer.name === 'hard_sigmoid' && slope !== 0;
    if (isOld || layer.name === 'gelu_tanh')
      throw this.refuse(name, `is a ${layer.name} as Keras 3 doesn't compute it`);
    return ['Activation', { activation: layer.name }];
  }

  private tensors<Name extends string>(node: string, names: readonly Name[]): Record<Name, Hdf5Tensor> {
    const all: Tensors = { ...this.weights.parameters, ...this.weights.state };
    return Object.fromEntries(
      names.map((name) => {
        const { type, data } = all[`${node}/${name}`]!;
        return [name, { shape: type.shape, data: data as Float32Array }];
      }),
    ) as Record<Name, Hdf5Tensor>;
  }

  private add(
    className: string,
    name: string,
    config: Record<string, unknown>,
    inputs: readonly Value[],
    shape: Shape,
    weights: readonly Hdf5Tensor[] = [],
  ): Value {
    const settings = {
      name,
      ...(className === 'InputLayer' ? {} : { trainable: true }),
      dtype: 'float32',
      ...config,
    };
    this.layers.push({
      className,
      name,
      config: settings,
      inputs: inputs.map(({ layer }) => layer),
      weights,
      shape: kerasShape(shape),
    });
    return { layer: name, shape };
  }

  private refuse(layer: string, problem: string): FerlabError {
    return new FerlabError(
      'model',
      `${this.where}: expected a network of layers that Keras has too; its layer ${layer} ${problem}. Use the .onnx file itself: ONNX Runtime opens it from Python.`,
    );
  }
}

function turned(tensor: Hdf5Tensor, order: readonly number[]): Hdf5Tensor {
  const { type, data } = permuted(tensor, order);
  return { shape: type.shape, data: data as Float32Array };
}
