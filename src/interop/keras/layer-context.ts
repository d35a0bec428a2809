// What the reader of one Keras layer has before it: the layer's settings, checked as they are read, its inputs and weights.

import type { ActivationName, ActivationOptions, Pair } from '../../engine/nn/described.js';
import type { Hdf5Tensor } from '../hdf5/content.js';
import type { Flow, NetworkBuilder } from './build.js';
import { isObject, type KerasLayer, type KerasOrigin } from './config.js';
import type { KerasWeight } from './weights.js';

/** Reads a layer and gives what it gives. */
export type LayerReader = (context: LayerContext) => Flow;

/** Names of activations that are called otherwise here. */
const otherNames: Readonly<Record<string, [ActivationName, ActivationOptions?]>> = {
  swish: ['silu'],
  hard_swish: ['hard_silu'],
  hardswish: ['hard_silu'],
  hard_silu: ['hard_silu'],
  relu6: ['relu', { top: 6 }],
  leaky_relu: ['relu', { slope: 0.2 }],
};
const sameNames = new Set(
  'linear relu sigmoid tanh elu selu silu gelu softplus softsign exponential mish hard_sigmoid'.split(' '),
);

export class LayerContext {
  constructor(
    readonly builder: NetworkBuilder,
    readonly origin: KerasOrigin,
    readonly layer: KerasLayer,
    /** Of the layer, with the networks that it is part of: `backbone/conv2d`. */
    readonly path: string,
    readonly inputs: readonly Flow[],
    /** The numbers among the call's arguments. */
    readonly operands: readonly (Flow | number)[],
    readonly weights: readonly KerasWeight[],
    readonly settings: Readonly<Record<string, unknown>>,
  ) {}

  get input(): Flow {
    const [input] = this.inputs;
    if (input === undefined) throw this.refuse('has no input', 'Save the model once more.');
    return input;
  }

  /** Whether Keras 3 or later wrote the file. */
  get isKeras3(): boolean {
    return Number(this.origin.version?.split('.')[0] ?? 2) >= 3;
  }

  refuse(problem: string, remedy: string): Error {
    return this.builder.refuse(`${this.path} (${this.layer.className})`, `${problem}.`, remedy);
  }

  unsupported(setting: string, value: unknown, supported: string): Error {
    return this.refuse(
      `has ${setting} ${JSON.stringify(value)}, which ferlab doesn't compute; ${supported}`,
      'Change the layer in Keras and train it on, or export the model to ONNX (model.export("model.onnx", format="onnx")) and import that.',
    );
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.layer.config[name] ?? fallback;
    if (typeof value !== 'boolean') throw this.unsupported(name, value, 'expected true or false');
    return value;
  }

  number(name: string, fallback: number): number {
    const value = this.layer.config[name] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw this.unsupported(name, value, 'expected a number');
    return value;
  }

  /** A size: whole, from 1 to a million. */
  count(name: string, fallback?: number): number {
    const value = this.layer.config[name] ?? fallback;
    if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 1_000_000)
      throw this.unsupported(name, value, 'expected a whole number from 1 on');
    return Number(value);
  }

  pair(name: string, fallback?: Pair): Pair {
    const value = this.layer.config[name] ?? fallback;
    const pair = typeof value === 'number' ? [value, value] : value;
    const fine = (part: unknown): boolean =>
      Number.isInteger(part) && Number(part) >= 1 && Number(part) <= 4096;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(fine))
      throw this.unsupported(name, value, 'expected two whole numbers');
    return pair as unknown as Pair;
  }

  padding(): 'same' | 'valid' {
    const value = this.layer.config.padding ?? 'valid';
    if (value !== 'same' && value !== 'valid')
      throw this.unsupported('padding', value, 'same and valid are known');
    return value;
  }

  /** Refuses layers that keep channels first. */
  checkChannelsLast(): void {
    const format = this.layer.config.data_format ?? 'channels_last';
    if (format !== 'channels_last')
      throw this.refuse(
        'keeps its channels first (data_format)',
        'Build the model with channels_last, take the weights over (set_weights), and save that.',
      );
  }

  /** Axes from 0 of the input as Keras has it, without the batch. */
  axis(value: unknown): number | null {
    const single = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
    if (!Number.isInteger(single)) return null;
    const rank = this.input.shape.length;
    const axis = Number(single) < 0 ? Number(single) + rank : Number(single) - 1;
    return axis >= 0 && axis < rank ? axis : null;
  }

  /**
   * The layer's weights, by their names in Keras; where the file has only an order, or other names, in this order.
   *
   * @throws FerlabError `model` where their number is another.
   */
  take<Name extends string>(names: readonly Name[]): Record<Name, Hdf5Tensor> {
    const byName = names.map((name) => this.weights.find((weight) => weight.name === name)?.tensor);
    const found = byName.includes(undefined)
      ? this.weights.length === names.length
        ? this.weights.map(({ tensor }) => tensor)
        : null
      : (byName as Hdf5Tensor[]);
    if (found === null) {
      throw this.refuse(
        `needs ${names.length} weights (${names.join(', ')}); the file has ${this.weights.length}`,
        'Save the whole model once more: model.save("model.keras").',
      );
    }
    return Object.fromEntries(names.map((name, i) => [name, found[i]!])) as Record<Name, Hdf5Tensor>;
  }

  /** Applies what the setting `activation` names. */
  activate(flow: Flow, path = `${this.path}/activation`): Flow {
    return this.activateBy(this.layer.config.activation, flow, path);
  }

  activateBy(setting: unknown, flow: Flow, path: string): Flow {
    const named = isObject(setting) && typeof setting.config === 'string' ? setting.config : setting;
    if (named === null || named === undefined || named === 'linear') return flow;
    if (isObject(named) && typeof named.class_name === 'string')
      return this.activateByLayer(named, flow, path);
    if (named === 'softmax') return this.softmax(flow, path);
    const [name, options] =
      typeof named === 'string' && Object.hasOwn(otherNames, named)
        ? otherNames[named]!
        : [typeof named === 'string' && sameNames.has(named) ? (named as ActivationName) : null];
    if (name === null)
      throw this.unsupported('the activation', named, `${[...sameNames].join(', ')} and softmax are known`);
    // Keras 2: clip(0.2 x + 0.5), Keras 3: clip(x / 6 + 0.5).
    const slope = name === 'hard_sigmoid' && !this.isKeras3 ? { slope: 0.2 } : {};
    return this.builder.add(path, { kind: 'activation', name, ...options, ...slope }, [flow]);
  }

  softmax(flow: Flow, path: string): Flow {
    if (flow.shape.length !== 1)
      throw this.unsupported('a softmax over a feature map of', flow.shape, 'vectors are known');
    return this.builder.add(path, { kind: 'softmax' }, [flow]);
  }

  /** An activation that is an object: `ReLU(max_value=6)`. */
  private activateByLayer(described: Readonly<Record<string, unknown>>, flow: Flow, path: string): Flow {
    const config = isObject(described.config) ? described.config : {};
    const layer: KerasLayer = { ...this.layer, className: String(described.class_name), config };
    const inner = new LayerContext(this.builder, this.origin, layer, path, [flow], [flow], [], {});
    const apply = activationLayers[layer.className];
    if (apply === undefined)
      throw this.unsupported('the activation', layer.className, 'the usual ones are known');
    return apply(inner);
  }
}

/** Layers that are an activation. */
export const activationLayers: Readonly<Record<string, LayerReader>> = {
  Activation: (context) => context.activateBy(context.layer.config.activation, context.input, context.path),
  ReLU(context) {
    const { layer, builder, path, input } = context;
    const threshold = context.number('threshold', 0);
    if (threshold !== 0) throw context.unsupported('threshold', threshold, '0 is known');
    const slope = context.number('negative_slope', 0);
    const top =
      layer.config.max_value === null || layer.config.max_value === undefined
        ? null
        : context.number('max_value', 6);
    return builder.add(
      path,
      {
        kind: 'activation',
        name: 'relu',
        ...(slope === 0 ? {} : { slope }),
        ...(top === null ? {} : { top }),
      },
      [input],
    );
  },
  LeakyReLU(context) {
    const key = context.layer.config.negative_slope === undefined ? 'alpha' : 'negative_slope';
    const slope = context.number(key, 0.3);
    return context.builder.add(context.path, { kind: 'activation', name: 'relu', slope }, [context.input]);
  },
  ELU: (context) =>
    context.builder.add(
      context.path,
      { kind: 'activation', name: 'elu', alpha: context.number('alpha', 1) },
      [context.input],
    ),
  Softmax(context) {
    if (context.axis(context.layer.config.axis ?? -1) !== context.input.shape.length - 1)
      throw context.unsupported('the axis', context.layer.config.axis, 'the last one is known');
    return context.softmax(context.input, context.path);
  },
};
