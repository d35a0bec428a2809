// The seed model: the network of the document that this project implements. Three blocks of convolution, batch
// normalization, ReLU, max pooling and dropout; two dense layers, each with batch normalization, ReLU and dropout;
// logits for a softmax. Keras's defaults throughout (Glorot uniform, batch-norm momentum 0.99, epsilon 1e-3); layers
// before a batch normalization carry no bias, since the normalization would cancel it.

import { sequential } from '../engine/nn/compose.js';
import type { Layer } from '../engine/nn/layer.js';
import {
  type BatchNormOptions,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPooling2d,
  relu,
} from '../engine/nn/layers.js';

export interface SeedOptions {
  classes: number;
  /** Filters of each convolution block. */
  convFilters: readonly number[];
  kernelSize: number;
  /** Units of each dense layer before the last. */
  denseUnits: readonly number[];
  convDropout: number;
  denseDropout: number;
  batchNorm: BatchNormOptions;
}

export function seedModel(options: SeedOptions): Layer {
  const layers: Record<string, Layer> = {};
  options.convFilters.forEach((filters, i) => {
    layers[`block${i + 1}`] = sequential({
      conv: conv2d({ filters, kernelSize: options.kernelSize, useBias: false }),
      norm: batchNormalization(options.batchNorm),
      relu: relu(),
      pool: maxPooling2d({ poolSize: 2 }),
      dropout: dropout(options.convDropout),
    });
  });
  layers.flatten = flatten();
  options.denseUnits.forEach((units, i) => {
    layers[`dense${i + 1}`] = sequential({
      dense: dense({ units, useBias: false }),
      norm: batchNormalization(options.batchNorm),
      relu: relu(),
      dropout: dropout(options.denseDropout),
    });
  });
  layers.logits = dense({ units: options.classes });
  return sequential(layers);
}
