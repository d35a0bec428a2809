// The three networks of MTCNN (Zhang, Zhang, Li and Qiao 2016, "Joint face detection and alignment using multi-task cascaded
// convolutional networks"), layer by layer as published: P-Net proposes on crops of 12x12 pixels, or on whole pictures, since
// it is made of convolutions alone; R-Net (24x24) and O-Net (48x48) judge and refine what is proposed.

import { compileForward } from '../engine/compile/forward.js';
import type { Network, Weights } from '../engine/compile/network.js';
import { heads, sequential } from '../engine/nn/compose.js';
import type { Layer, Values } from '../engine/nn/layer.js';
import { conv2d, dense, flatten, maxPooling2d, prelu } from '../engine/nn/layers.js';
import { mergeBiases } from '../engine/onnx/convolution-bias.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { sigmoid, subtract } from '../engine/ops/elementwise.js';
import { slice } from '../engine/ops/shaping.js';

export const cascadeStages = ['pnet', 'rnet', 'onet'] as const;
export type CascadeStage = (typeof cascadeStages)[number];

/** Side of a stage's crops, in pixels. */
export const cropSides: Readonly<Record<CascadeStage, number>> = { pnet: 12, rnet: 24, onet: 48 };

/** Pixels from cell to cell of P-Net's maps. */
export const proposalStride = 2;

/** Numbers of the outputs: logits of no face and face; left, top, right, bottom; five pairs x, y. */
const headSizes = { face: 2, box: 4, points: 10 } as const;

const convolution = (filters: number, kernelSize: number): Layer =>
  conv2d({ filters, kernelSize, padding: 'valid' });

/** Pooling of the published networks: windows may reach over the edges. */
const pool = (poolSize: number): Layer => maxPooling2d({ poolSize, strides: 2, ceil: true });

const trunks: Readonly<Record<CascadeStage, () => Layer>> = {
  pnet: () =>
    sequential({
      conv1: convolution(10, 3),
      prelu1: prelu(),
      pool1: pool(2),
      conv2: convolution(16, 3),
      prelu2: prelu(),
      conv3: convolution(32, 3),
      prelu3: prelu(),
    }),
  rnet: () =>
    sequential({
      conv1: convolution(28, 3),
      prelu1: prelu(),
      pool1: pool(3),
      conv2: convolution(48, 3),
      prelu2: prelu(),
      pool2: pool(3),
      conv3: convolution(64, 2),
      prelu3: prelu(),
      flatten: flatten(),
      dense: dense({ units: 128 }),
      prelu4: prelu(),
    }),
  onet: () =>
    sequential({
      conv1: convolution(32, 3),
      prelu1: prelu(),
      pool1: pool(3),
      conv2: convolution(64, 3),
      prelu2: prelu(),
      pool2: pool(3),
      conv3: convolution(64, 3),
      prelu3: prelu(),
      pool3: pool(2),
      conv4: convolution(128, 2),
      prelu4: prelu(),
      flatten: flatten(),
      dense: dense({ units: 256 }),
      prelu5: prelu(),
    }),
};

/**
 * A stage for crops [3, side, side], red, green and blue from 0 to 255. Outputs: `face` [N, 2], the logits of no face and
 * face; `box` [N, 4], how far the edges left, top, right and bottom of the face's box are from those of the crop; `points`
 * [N, 10], x and y of five points from the crop's corner; all in sides of the crop. P-Net gives maps, [N, 2, 1, 1] and so on.
 *
 * @param points whether it has the third output. As published, only O-Net has; P-Net and R-Net learn better with it, and
 *   their files leave it out.
 */
export function cascadeNetwork(stage: CascadeStage, { points = stage === 'onet' } = {}): Network {
  const side = cropSides[stage];
  return {
    layer: stageLayer(stage, points),
    inputShape: [3, side, side],
    preprocessing: { scale: 1 / 128, offset: -127.5 / 128 },
  };
}

function stageLayer(stage: CascadeStage, points: boolean): Layer {
  const head = (size: number): Layer => (stage === 'pnet' ? convolution(size, 1) : dense({ units: size }));
  return heads(trunks[stage](), {
    face: head(headSizes.face),
    box: head(headSizes.box),
    ...(points ? { points: head(headSizes.points) } : {}),
  });
}

/** The probability of a face, from the logits of both classes: [N, 1] or [N, 1, H, W]. */
function fileAnswers({ face, box, points }: Values): Values {
  const probability = sigmoid(subtract(slice(face!, 1, 1, 2), slice(face!, 1, 0, 1)));
  return { probability, box: box!, ...(points ? { points } : {}) };
}

/**
 * A stage's model file, for ONNX Runtime's CPU and CUDA providers (WebGPU has no PRelu). Input `pixels` [N, 3, H, W], red,
 * green and blue from 0 to 255, of the crop's size; P-Net takes pictures of any size from 12x12. Outputs: `probability`
 * [N, 1] of a face, `box` [N, 4], and of O-Net `points` [N, 10]; see `cascadeNetwork`. Those of P-Net are maps
 * [N, ..., rows, columns], whose cell (row, column) is the answer for the 12x12 pixels at (2 column, 2 row).
 *
 * @param weights of the network, with or without points.
 */
export function encodeCascadeStage(
  stage: CascadeStage,
  weights: Weights,
  producer: { name: string; version: string } = { name: 'ferlab', version: '' },
  metadata: Record<string, string> = {},
): Uint8Array {
  const onnx = compileForward(cascadeNetwork(stage), 'cpu', {
    stored: weights,
    answers: fileAnswers,
    ...(stage === 'pnet' ? { freeAxes: mapAxes } : {}),
  });
  const model = onnx.toModel(producer, metadata);
  mergeBiases(model);
  return serializeModel(model);
}

const mapAxes = {
  pixels: ['N', null, 'height', 'width'],
  probability: ['N', null, 'rows', 'columns'],
  box: ['N', null, 'rows', 'columns'],
} as const;
