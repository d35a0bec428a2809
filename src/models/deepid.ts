// A network in the manner of DeepID (Sun, Wang and Tang 2014, "Deep learning face representation from predicting
// 10,000 classes"), trained for expressions: four convolutions without padding, max pooling after the first three,
// and a 160-unit feature layer that reads both the third (pooled) and the fourth, so that it sees two scales. The
// paper's kernels (4, 3, 3, 2 pixels wide) and widths (20, 40, 60, 80) are kept; its locally shared weights in the
// higher layers are plain convolutions here.

import { parallel, sequential } from '../engine/nn/compose.js';
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
import { concat } from '../engine/ops/shaping.js';

const block = (filters: number, kernelSize: number): Layer =>
  sequential({
    conv: conv2d({ filters, kernelSize, padding: 'valid', kernelInitializer: heNormal }),
    relu: relu(),
  });

export function deepidModel(classes: number): Layer {
  return sequential({
    standardize: standardizeImages(),
    conv1: block(20, 4),
    pool1: maxPooling2d(),
    conv2: block(40, 3),
    pool2: maxPooling2d(),
    conv3: block(60, 3),
    pool3: maxPooling2d(),
    scales: parallel(
      ['third', 'fourth'],
      [flatten(), sequential({ conv4: block(80, 2), flatten: flatten() })],
      ([third], [fourth]) => [third! + fourth!],
      (third, fourth) => concat([third, fourth], 1),
      { kind: 'concat', axis: 0 },
    ),
    features: dense({ units: 160, kernelInitializer: heNormal }),
    relu: relu(),
    dropout: dropout(0.4),
    logits: dense({ units: classes }),
  });
}
