// The layers of Keras, each as layers of ours with its weights. Feature maps are [H, W, C] in Keras and [C, H, W] here.

import type { Shape } from '../../engine/tensor/type.js';
import { type Flow, filled, permuted, reshaped } from './build.js';
import { joinLayers } from './join-layers.js';
import { activationLayers, type LayerContext, type LayerReader } from './layer-context.js';
import { marginLayers } from './margin-layers.js';

/** The axis of ours for an axis of Keras, both without the batch. */
const axisHere = (axis: number, rank: number): number => (rank === 3 ? [1, 2, 0][axis]! : axis);

function conv2d(context: LayerContext): Flow {
  const { builder, path, input } = context;
  context.checkChannelsLast();
  const bias = context.flag('use_bias', true);
  const weights = context.take(bias ? ['kernel', 'bias'] : ['kernel']);
  if (weights.kernel.shape.length !== 4)
    throw context.unsupported('a kernel of', weights.kernel.shape, 'four axes are known');
  const flow = builder.add(
    path,
    {
      kind: 'conv',
      filters: context.count('filters'),
      kernel: context.pair('kernel_size'),
      strides: context.pair('strides', [1, 1]),
      dilation: context.pair('dilation_rate', [1, 1]),
      padding: context.padding(),
      groups: context.count('groups', 1),
      bias,
    },
    [input],
    {
      kernel: permuted(weights.kernel, [3, 2, 0, 1]),
      ...(bias ? { bias: reshaped(weights.bias, weights.bias.shape) } : {}),
    },
  );
  return context.activate(flow);
}

/** A depthwise kernel [kH, kW, C, M] as that of a convolution in C groups, [C M, 1, kH, kW]. */
function depthwise(
  context: LayerContext,
  path: string,
  kernel: LayerContext['weights'][number]['tensor'],
  bias: LayerContext['weights'][number]['tensor'] | null,
): Flow {
  const { builder, input } = context;
  context.checkChannelsLast();
  const multiplier = context.count('depth_multiplier', 1);
  const channels = input.shape[0]!;
  if (kernel.shape.length !== 4 || kernel.shape[2] !== channels)
    throw context.unsupported('a depthwise kernel of', kernel.shape, `${channels} channels are fed`);
  const { data } = permuted(kernel, [2, 3, 0, 1]);
  return builder.add(
    path,
    {
      kind: 'conv',
      filters: channels * multiplier,
      kernel: context.pair('kernel_size'),
      strides: context.pair('strides', [1, 1]),
      dilation: context.pair('dilation_rate', [1, 1]),
      padding: context.padding(),
      groups: channels,
      bias: bias !== null,
    },
    [input],
    {
      kernel: reshaped({ shape: [], data: data as Float32Array }, [
        kernel.shape[2]! * kernel.shape[3]!,
        1,
        kernel.shape[0]!,
        kernel.shape[1]!,
      ]),
      ...(bias === null ? {} : { bias: reshaped(bias, bias.shape) }),
    },
  );
}

function depthwiseConv2d(context: LayerContext): Flow {
  const useBias = context.flag('use_bias', true);
  const weights = context.take(useBias ? ['depthwise_kernel', 'bias'] : ['depthwise_kernel']);
  return context.activate(
    depthwise(context, context.path, weights.depthwise_kernel, useBias ? weights.bias : null),
  );
}

function separableConv2d(context: LayerContext): Flow {
  const { builder, path } = context;
  const bias = context.flag('use_bias', true);
  const names = ['depthwise_kernel', 'pointwise_kernel'] as const;
  const weights = context.take<'depthwise_kernel' | 'pointwise_kernel' | 'bias'>(
    bias ? [...names, 'bias'] : names,
  );
  const middle = depthwise(context, `${path}/depthwise`, weights.depthwise_kernel, null);
  const one = [1, 1] as const;
  const flow = builder.add(
    `${path}/pointwise`,
    {
      kind: 'conv',
      filters: context.count('filters'),
      kernel: one,
      strides: one,
      dilation: one,
      padding: 'valid',
      groups: 1,
      bias,
    },
    [middle],
    {
      kernel: permuted(weights.pointwise_kernel, [3, 2, 0, 1]),
      ...(bias ? { bias: reshaped(weights.bias, weights.bias.shape) } : {}),
    },
  );
  return context.activate(flow);
}

/** On feature maps Keras's Dense works at every position: a convolution of one pixel. */
function dense(context: LayerContext): Flow {
  const { builder, path, input } = context;
  const bias = context.flag('use_bias', true);
  const units = context.count('units');
  const weights = context.take(bias ? ['kernel', 'bias'] : ['kernel']);
  const { kernel } = weights;
  const own = bias ? { bias: reshaped(weights.bias, weights.bias.shape) } : {};
  if (kernel.shape.length !== 2) throw context.unsupported('a kernel of', kernel.shape, 'two axes are known');
  if (input.shape.length === 1)
    return context.activate(
      builder.add(path, { kind: 'dense', units, bias }, [input], {
        kernel: reshaped(kernel, kernel.shape),
        ...own,
      }),
    );
  const one = [1, 1] as const;
  const { data } = permuted(kernel, [1, 0]);
  return context.activate(
    builder.add(
      path,
      {
        kind: 'conv',
        filters: units,
        kernel: one,
        strides: one,
        dilation: one,
        padding: 'valid',
        groups: 1,
        bias,
      },
      [input],
      {
        kernel: reshaped({ shape: [], data: data as Float32Array }, [
          kernel.shape[1]!,
          kernel.shape[0]!,
          1,
          1,
        ]),
        ...own,
      },
    ),
  );
}

function batchNormalization(context: LayerContext): Flow {
  const { builder, path, input, layer } = context;
  if (context.axis(layer.config.axis ?? -1) !== input.shape.length - 1)
    throw context.unsupported('the axis', layer.config.axis, 'the last one, of the channels, is known');
  const [center, scale] = [context.flag('center', true), context.flag('scale', true)];
  const weights = context.take<'gamma' | 'beta' | 'moving_mean' | 'moving_variance'>([
    ...(scale ? (['gamma'] as const) : []),
    ...(center ? (['beta'] as const) : []),
    'moving_mean',
    'moving_variance',
  ]);
  const channels = input.shape[0]!;
  return builder.add(
    path,
    {
      kind: 'norm',
      momentum: context.number('momentum', 0.99),
      epsilon: Math.max(0, context.number('epsilon', 1e-3)),
    },
    [input],
    {
      gamma: scale ? reshaped(weights.gamma, weights.gamma.shape) : filled(channels, 1),
      beta: center ? reshaped(weights.beta, weights.beta.shape) : filled(channels, 0),
      mean: reshaped(weights.moving_mean, weights.moving_mean.shape),
      variance: reshaped(weights.moving_variance, weights.moving_variance.shape),
    },
  );
}

/** The one that standardizes images, without weights; others normalize by position, which no layer here does. */
function layerNormalization(context: LayerContext): Flow {
  const { builder, path, input, layer } = context;
  const { axis } = layer.config;
  const axes = Array.isArray(axis) ? axis.map((one: unknown) => context.axis(one)) : [context.axis(axis)];
  const whole = input.shape.length === 3 && [0, 1, 2].every((one) => axes.includes(one));
  if (!whole || context.flag('center', true) || context.flag('scale', true))
    throw context.unsupported('the axes', axis, 'all axes of an image, with center and scale off, are known');
  return builder.add(path, { kind: 'standardize', epsilon: Math.max(0, context.number('epsilon', 1e-3)) }, [
    input,
  ]);
}

function prelu(context: LayerContext): Flow {
  const { builder, path, input } = context;
  const { alpha } = context.take(['alpha']);
  if (alpha.data.length !== input.shape[0])
    throw context.unsupported('slopes of', alpha.shape, 'one for each channel (shared_axes=[1, 2]) is known');
  return builder.add(path, { kind: 'prelu' }, [input], { alpha: reshaped(alpha, [alpha.data.length]) });
}

const pooling =
  (of: 'max' | 'average'): LayerReader =>
  (context) => {
    context.checkChannelsLast();
    const size = context.pair('pool_size', [2, 2]);
    const strides = context.pair('strides', size);
    return context.builder.add(
      context.path,
      { kind: 'pool', of, size, strides, padding: context.padding() },
      [context.input],
    );
  };

const globalPooling =
  (of: 'max' | 'average'): LayerReader =>
  (context) => {
    context.checkChannelsLast();
    return context.builder.add(
      context.path,
      { kind: 'globalPool', of, keep: context.flag('keepdims', false) },
      [context.input],
    );
  };

const dropping =
  (channels: boolean): LayerReader =>
  (context) => {
    const rate = context.number('rate', 0);
    if (context.layer.config.noise_shape)
      throw context.unsupported('noise_shape', context.layer.config.noise_shape, 'none is known');
    if (!(rate > 0)) return context.input;
    if (rate >= 1) throw context.unsupported('the rate', rate, 'rates below 1 are known');
    return context.builder.add(context.path, { kind: 'dropout', rate, channels }, [context.input]);
  };

function flatten(context: LayerContext): Flow {
  context.checkChannelsLast();
  const { builder, path, input } = context;
  if (input.shape.length === 1) return input;
  // Permute([3, 1, 2]) before it undoes Keras's order: the way ferlab's own files are written.
  const before = builder.nodes.find(({ name }) => name === input.node);
  if (before?.layer.kind === 'permute' && String(before.layer.order) === '2,0,1') {
    const shape: Shape = [input.shape[1]!, input.shape[2]!, input.shape[0]!];
    return builder.add(path, { kind: 'flatten', lastChannel: false }, [{ node: before.from[0]!, shape }]);
  }
  return builder.add(path, { kind: 'flatten', lastChannel: true }, [input]);
}

function reshape(context: LayerContext): Flow {
  const { target_shape: target } = context.layer.config;
  const fine = (size: unknown): boolean => Number.isInteger(size) && Number(size) >= -1 && Number(size) !== 0;
  const isKnown = Array.isArray(target) && (target.length === 1 || target.length === 3) && target.every(fine);
  if (!isKnown || target.filter((size) => size === -1).length > 1)
    throw context.unsupported('the target_shape', target, 'vectors and feature maps are known');
  return context.builder.add(context.path, { kind: 'reshape', target: target as number[] }, [context.input]);
}

function permute(context: LayerContext): Flow {
  const { dims } = context.layer.config;
  const isOrder = Array.isArray(dims) && dims.length === 3 && [1, 2, 3].every((axis) => dims.includes(axis));
  if (!isOrder || context.input.shape.length !== 3)
    throw context.unsupported('dims', dims, 'orders of [H, W, C] are known');
  // Keras's output [a, b, c] is ours [c, a, b]; its axes H, W, C are ours 1, 2, 0.
  const [a, b, c] = (dims as number[]).map((axis) => axisHere(axis - 1, 3)) as [number, number, number];
  return context.builder.add(context.path, { kind: 'permute', order: [c, a, b] }, [context.input]);
}

const unchanged: LayerReader = ({ input }) => input;

/** Layers that do something only while Keras trains; ferlab has augmentation of its own. */
const trainingOnly =
  'GaussianNoise GaussianDropout AlphaDropout ActivityRegularization RandomFlip RandomRotation RandomZoom RandomTranslation ' +
  'RandomContrast RandomBrightness RandomShear RandomErasing RandomSaturation RandomHue RandomSharpness RandomGaussianBlur ' +
  'RandomGrayscale RandomColorJitter RandomInvert RandomPosterization RandomPerspective RandomElasticTransform';

export const isTrainingOnly = (className: string): boolean => trainingOnly.split(' ').includes(className);

/** Readers by the class of a layer. */
export const layerReaders: ReadonlyMap<string, LayerReader> = new Map<string, LayerReader>([
  ['Conv2D', conv2d],
  ['DepthwiseConv2D', depthwiseConv2d],
  ['SeparableConv2D', separableConv2d],
  ['Dense', dense],
  ['BatchNormalization', batchNormalization],
  ['BatchNormalizationV1', batchNormalization],
  ['LayerNormalization', layerNormalization],
  ['PReLU', prelu],
  ['MaxPooling2D', pooling('max')],
  ['AveragePooling2D', pooling('average')],
  ['GlobalAveragePooling2D', globalPooling('average')],
  ['GlobalMaxPooling2D', globalPooling('max')],
  ['Dropout', dropping(false)],
  ['SpatialDropout2D', dropping(true)],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Permute', permute],
  ['Identity', unchanged],
  ...trainingOnly.split(' ').map((name): [string, LayerReader] => [name, unchanged]),
  ...Object.entries(activationLayers),
  ...Object.entries(joinLayers),
  ...Object.entries(marginLayers),
]);
