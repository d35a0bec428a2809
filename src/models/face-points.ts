// A network that says where the five points of a face are, on a crop of 48x48 pixels around it. Detectors place points by the
// centres of coarse cells; one closer look at every face that was found does better.

import { compileForward } from '../engine/compile/forward.js';
import type { Network, Weights } from '../engine/compile/network.js';
import { heads, sequential } from '../engine/nn/compose.js';
import { heNormal } from '../engine/nn/initializers.js';
import type { Layer } from '../engine/nn/layer.js';
import { batchNormalization, conv2d, dense, flatten, relu } from '../engine/nn/layers.js';
import { mergeBiases } from '../engine/onnx/convolution-bias.js';
import { serializeModel } from '../engine/onnx/edit.js';

/** Side of the crops, in pixels. */
export const pointCropSide = 48;

/** Convolutions of 3x3, one after another: filters, and how far apart they look. Strides stand for pooling. */
const convolutions = [
  { filters: 16, strides: 2 },
  { filters: 32, strides: 2 },
  { filters: 32, strides: 1 },
  { filters: 48, strides: 2 },
  { filters: 48, strides: 1 },
] as const;

const denseUnits = 48;

function trunk(): Layer {
  const layers: Record<string, Layer> = {};
  convolutions.forEach(({ filters, strides }, i) => {
    layers[`unit${i + 1}`] = sequential({
      conv: conv2d({ filters, kernelSize: 3, strides, useBias: false, kernelInitializer: heNormal }),
      norm: batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      relu: relu(),
    });
  });
  layers.flatten = flatten();
  layers.dense = sequential({
    dense: dense({ units: denseUnits, useBias: false }),
    norm: batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
    relu: relu(),
  });
  return sequential(layers);
}

/**
 * The network for crops [3, 48, 48], red, green and blue from 0 to 255. Output `points` [N, 10]: five pairs x, y in the
 * order of `FacePoints`, from the crop's centre, in sides of the crop.
 */
export function facePointNetwork(): Network {
  return {
    layer: heads(trunk(), { points: dense({ units: 10 }) }),
    inputShape: [3, pointCropSide, pointCropSide],
    preprocessing: { scale: 1 / 128, offset: -127.5 / 128 },
  };
}

/** The model file: input `pixels` [N, 3, 48, 48], output `points` [N, 10], as the network's. */
export function encodeFacePoints(
  weights: Weights,
  producer: { name: string; version: string } = { name: 'ferlab', version: '' },
  metadata: Record<string, string> = {},
): Uint8Array {
  const onnx = compileForward(facePointNetwork(), 'webgpu', {
    stored: weights,
    answers: ({ points }) => ({ points: points! }),
  });
  const model = onnx.toModel(producer, metadata);
  mergeBiases(model);
  return serializeModel(model);
}
