// A network in the manner of DeepFace (Taigman, Yang, Ranzato and Wolf 2014), trained for expressions: convolution,
// max pooling, convolution, three locally connected layers (faces are aligned, so that every place has statistics of
// its own), a wide dense layer with dropout. The paper's 152x152 images and kernels of 11 to 5 pixels are scaled down
// to 48x48; its filter counts (32, then 16) are kept, its 4,096 units become 512.

import { sequential } from '../engine/nn/compose.js';
import { heNormal } from '../engine/nn/initializers.js';
import type { Layer } from '../engine/nn/layer.js';
import {
  conv2d,
  dense,
  dropout,
  flatten,
  maxPooling2d,
  relu,
  standardizeImages,
} from '../engine/nn/layers.js';
import { locallyConnected2d } from '../engine/nn/locally-connected.js';

export function deepfaceModel(classes: number): Layer {
  const conv = (filters: number, kernelSize: number): Layer =>
    sequential({
      conv: conv2d({ filters, kernelSize, padding: 'valid', kernelInitializer: heNormal }),
      relu: relu(),
    });
  const local = (kernelSize: number): Layer =>
    sequential({ local: locallyConnected2d({ filters: 16, kernelSize }), relu: relu() });
  return sequential({
    standardize: standardizeImages(),
    conv1: conv(32, 5),
    pool: maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    conv2: conv(16, 5),
    local1: local(5),
    local2: local(3),
    local3: local(3),
    flatten: flatten(),
    features: dense({ units: 512, kernelInitializer: heNormal }),
    relu: relu(),
    dropout: dropout(0.5),
    logits: dense({ units: classes }),
  });
}
