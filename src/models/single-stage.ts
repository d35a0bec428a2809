// A detector of faces in one network, in the format of YuNet (Wu, Peng and Yu 2023, libfacedetection.train): at three
// levels, strides of 8, 16 and 32 pixels, every cell says whether a face is there, where its box is, and where its five
// points are. Dense convolutions of few channels, whose gradients are several times as fast on a CPU as depthwise ones, on
// patches of 4x4 pixels (docs/performance.md).

import { compileForward } from '../engine/compile/forward.js';
import type { Network, Weights } from '../engine/compile/network.js';
import type { Value } from '../engine/ir/graph.js';
import { type Connection, connected, identity, sequential } from '../engine/nn/compose.js';
import { heNormal } from '../engine/nn/initializers.js';
import { type Layer, stateless, type Values } from '../engine/nn/layer.js';
import { batchNormalization, conv2d, relu, upSampling2d } from '../engine/nn/layers.js';
import { mergeBiases } from '../engine/onnx/convolution-bias.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { sigmoid } from '../engine/ops/elementwise.js';
import { positions, slice } from '../engine/ops/shaping.js';
import { floatTensor, type HostTensor } from '../engine/tensor/array.js';
import { elementCount } from '../engine/tensor/type.js';

/** Pixels from cell to cell, in both directions, of the levels. */
export const cellStrides = [8, 16, 32] as const;

/** Sides of pictures have to be multiples of this. */
const sideStep = 32;

/**
 * What a cell gives, and how many numbers: the logits of class and objectness (the score of a face is the square root of
 * the product of both probabilities); the box as dx, dy, dw, dh: with (column, row) of the cell and its stride S, the centre
 * is at ((column + dx) S, (row + dy) S), the size (exp(dw) S, exp(dh) S); the points as five pairs (px, py), at
 * ((column + px) S, (row + py) S), in the order of `FacePoints`.
 */
export const cellParts = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const;

export type CellPart = keyof typeof cellParts;

/** The name of an output: [N, cells, numbers], the cells of a level row by row. */
export const cellOutput = (part: CellPart, stride: number): string => `${part}_${stride}`;

const parts = Object.entries(cellParts) as [CellPart, number][];

/** Filters of the 4x4 patches, of the levels, and of what leads from them to the outputs. */
const filters = { patch: 32, levels: { 8: 32, 16: 48, 32: 64 }, neck: 32 } as const;

/** Convolutions of a level that keep the size, after the one that halves it. */
const depths = { 8: 2, 16: 1, 32: 0 } as const;

/** What cells are taken for at the start: few of them have a face, and otherwise the first losses would be theirs alone. */
const facesAtStart = 0.01;

/** How normalized convolutions are made: with their batch normalization, or with a bias in its place. */
type Convolution = (count: number, kernelSize: number, strides: number) => Record<string, Layer>;

const epsilon = 1e-5;

const trained: Convolution = (filters, kernelSize, strides) => ({
  conv: conv2d({ filters, kernelSize, strides, useBias: false, kernelInitializer: heNormal }),
  norm: batchNormalization({ momentum: 0.9, epsilon }),
});

const folded: Convolution = (filters, kernelSize, strides) => ({
  conv: conv2d({ filters, kernelSize, strides }),
});

const unit = (convolution: Convolution, count: number, strides = 1, kernelSize = 3): Layer =>
  sequential({ ...convolution(count, kernelSize, strides), relu: relu() });

/** Cells of a level [cells, numbers], from images [C, H, W]. */
function cells(convolution: Convolution): Layer {
  const size = parts.reduce((sum, [, count]) => sum + count, 0);
  const logit = Math.log(facesAtStart / (1 - facesAtStart));
  const start = parts.flatMap(([part, count]) =>
    new Array<number>(count).fill(part === 'cls' || part === 'obj' ? logit : 0),
  );
  return sequential({
    unit: unit(convolution, filters.neck),
    out: conv2d({ filters: size, kernelSize: 1, biasStart: start }),
    rows: stateless(
      ([count, height, width]) => [height! * width!, count!],
      (_context, x) => positions(x),
    ),
  });
}

/** A part of the numbers of cells. */
const part = (start: number, count: number): Layer =>
  stateless(
    ([rows]) => [rows!, count],
    (_context, x: Value) => slice(x, 2, start, start + count),
  );

function detectorLayer(convolution: Convolution): Layer {
  const connections: Record<string, Connection> = {
    patch: { layer: unit(convolution, filters.patch, 4, 4) },
  };
  let previous = 'patch';
  for (const stride of cellStrides) {
    const count = filters.levels[stride];
    const deeper = Array.from(
      { length: depths[stride] },
      (_, i) => [`unit${i + 1}`, unit(convolution, count)] as const,
    );
    const layer = sequential({ down: unit(convolution, count, 2), ...Object.fromEntries(deeper) });
    connections[`level${stride}`] = { layer, from: [previous] };
    previous = `level${stride}`;
  }
  const outputs: string[] = [];
  // From the coarsest level down: each finer one learns what is around it.
  for (const stride of [...cellStrides].reverse()) {
    const lateral = `lateral${stride}`;
    connections[lateral] = {
      layer: sequential(convolution(filters.neck, 1, 1)),
      from: [`level${stride}`],
    };
    const sources = [lateral];
    if (connections[`sum${2 * stride}`] !== undefined) {
      connections[`up${stride}`] = { layer: upSampling2d(), from: [`sum${2 * stride}`] };
      sources.push(`up${stride}`);
    }
    connections[`sum${stride}`] = { layer: identity, from: sources };
    connections[`cells${stride}`] = { layer: cells(convolution), from: [`sum${stride}`] };
    let start = 0;
    for (const [name, count] of parts) {
      const output = cellOutput(name, stride);
      connections[output] = { layer: part(start, count), from: [`cells${stride}`] };
      outputs.push(output);
      start += count;
    }
  }
  const [first, ...rest] = outputs;
  return connected(connections, [first!, ...rest]);
}

/**
 * The network for colour pictures [3, height, width], blue, green and red from 0 to 255, without preprocessing: the first
 * normalization takes out their scale. In training its outputs are logits; see `cellParts`.
 *
 * @param size in training, multiples of 32; files take any such size.
 */
export function singleStageNetwork(size: { height: number; width: number }): Network {
  for (const side of [size.height, size.width]) {
    if (!(Number.isInteger(side) && side > 0 && side % sideStep === 0))
      throw new RangeError(
        `expected sides that are multiples of ${sideStep}, got ${size.width}x${size.height}.`,
      );
  }
  return networkOf(trained, size);
}

const networkOf = (
  convolution: Convolution,
  { height, width }: { height: number; width: number },
): Network => ({
  layer: detectorLayer(convolution),
  inputShape: [3, height, width],
  preprocessing: { scale: 1, offset: 0 },
});

/** Each batch normalization as a factor on the kernel before it, and a bias. */
function foldNormalization({ parameters, state }: Weights): Weights {
  const values = (of: Weights['state'], path: string) => of[path]!.data as Float32Array;
  const changed: Record<string, HostTensor> = {};
  for (const [path, tensor] of Object.entries(parameters)) {
    const [, layer, rest] = /^(.*)\/(conv\/kernel|norm\/gamma|norm\/beta)$/.exec(path) ?? [];
    if (layer === undefined) changed[path] = tensor;
    if (rest !== 'conv/kernel') continue;
    const [gamma, beta] = ['gamma', 'beta'].map((name) => values(parameters, `${layer}/norm/${name}`));
    const [mean, variance] = ['mean', 'variance'].map((name) => values(state, `${layer}/norm/${name}`));
    const scale = Float64Array.from(gamma!, (value, i) => value / Math.sqrt(variance![i]! + epsilon));
    const window = elementCount(tensor.type.shape.slice(1));
    const kernel = Float32Array.from(
      tensor.data as Float32Array,
      (value, i) => value * scale[Math.floor(i / window)]!,
    );
    changed[path] = floatTensor(tensor.type.shape, kernel);
    const bias = Float32Array.from(beta!, (value, i) => value - mean![i]! * scale[i]!);
    changed[`${layer}/conv/bias`] = floatTensor([bias.length], bias);
  }
  return { parameters: changed, state: {} };
}

/** Number of cells of a level in pictures of a size. */
export const cellCount = ({ height, width }: { height: number; width: number }, stride: number): number =>
  (height / stride) * (width / stride);

/** The model file's outputs: class and objectness as probabilities. */
const cellAnswers = (outputs: Values): Values =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, /^(cls|obj)_/.test(name) ? sigmoid(value) : value]),
  );

/** What every axis of the file's input and outputs is called, where its size is free. */
const freeAxes = {
  input: ['N', null, 'height', 'width'],
  ...Object.fromEntries(
    cellStrides.flatMap((stride) =>
      parts.map(([name]) => [cellOutput(name, stride), ['N', `cells_${stride}`]]),
    ),
  ),
};

/**
 * The model file in YuNet's format: `input` [N, 3, H, W], blue, green and red from 0 to 255, any number of pictures of any
 * size whose sides are multiples of 32; twelve outputs, `cls_8` to `kps_32`. Normalizations are folded into the
 * convolutions. OpenCV's FaceDetectorYN (4.8, 4.12 and 5.0 were tried) reads it.
 */
export function encodeSingleStage(
  weights: Weights,
  producer?: { name: string; version: string },
  metadata?: Record<string, string>,
): Uint8Array {
  const network = networkOf(folded, { height: 2 * sideStep, width: 2 * sideStep });
  const onnx = compileForward(network, 'webgpu', {
    stored: foldNormalization(weights),
    answers: cellAnswers,
    inputName: 'input',
    freeAxes,
  });
  const model = onnx.toModel(producer ?? { name: 'ferlab', version: '' }, metadata);
  mergeBiases(model);
  return serializeModel(model);
}
