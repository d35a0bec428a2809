// Class activation maps (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization"), for networks that end in
// global average pooling and one dense layer. There the logit of a class is the mean of a map over its places, plus a
// bias: the map is the sum of the last features, weighted by the class's column of the dense layer. The model file's graph
// gets one more output, those features; nothing is differentiated, so that models of any origin will do.

import { serializeModel, storedTensors } from '../engine/onnx/edit.js';
import { denseEnd, makerThrough } from '../engine/onnx/last-layer.js';
import { exposeValue } from '../engine/onnx/linear-head.js';
import type { ModelProto } from '../engine/onnx/model.js';
import type { HostTensor } from '../engine/tensor/array.js';

type Node = NonNullable<ModelProto['graph']>['node'][number];

/** The last features [N, C, h, w] by their name in the graph, and what makes the logits of their means. */
export interface LinearEnd {
  features: string;
  channels: number;
  /** [C, classes]. */
  kernel: Float32Array;
  /** [classes]. */
  bias: Float32Array;
}

const floats = (tensor: HostTensor | undefined): Float32Array | null =>
  tensor !== undefined && tensor.data instanceof Float32Array ? tensor.data : null;

const flagOf = (node: Node, name: string): boolean =>
  Number(node.attribute.find((attribute) => attribute.name === name)?.i ?? 0) !== 0;

const factorOf = (node: Node, name: string): number =>
  node.attribute.find((attribute) => attribute.name === name)?.f ?? 1;

/** The kernel of a dense layer, transposed where the node says so, and its own bias. */
function denseLayer(
  node: Node,
  tensors: Readonly<Record<string, HostTensor>>,
  classes: number,
): { kernel: Float32Array; bias: Float32Array } | null {
  const kernel = floats(tensors[node.input[1]!]);
  const shape = tensors[node.input[1]!]?.type.shape;
  if (kernel === null || shape?.length !== 2) return null;
  const bias = new Float32Array(classes);
  if (node.opType === 'MatMul') return shape[1] === classes ? { kernel, bias } : null;
  const alpha = factorOf(node, 'alpha');
  const beta = factorOf(node, 'beta');
  if (flagOf(node, 'transA')) return null;
  const added = node.input[2] ? floats(tensors[node.input[2]]) : bias;
  if (added === null || (added.length !== classes && added.length !== 1)) return null;
  for (let k = 0; k < classes; k++) bias[k] = beta * (added.length === 1 ? added[0]! : added[k]!);
  const transposed = flagOf(node, 'transB');
  const channels = shape[transposed ? 1 : 0]!;
  if (shape[transposed ? 0 : 1] !== classes) return null;
  const scaled = Float32Array.from(kernel, (_, i) => {
    const [c, k] = [Math.floor(i / classes), i % classes];
    return alpha * (transposed ? kernel[k * channels + c]! : kernel[i]!);
  });
  return { kernel: scaled, bias };
}

/**
 * How the logits follow from the means of the last features; null where the graph doesn't end so. The caller still has to
 * compare numbers: axes of a mean aren't looked at.
 */
export function findLinearEnd(model: ModelProto, classes: number): LinearEnd | null {
  const end = denseEnd(model, 'logits');
  if (end === null) return null;
  const tensors = storedTensors(model);
  let divisor = 1;
  const bias = new Float32Array(classes);
  for (const { node, stored } of end.after) {
    const constant = floats(tensors[stored]);
    if (constant === null) return null;
    if (node.opType === 'Div') {
      if (constant.length !== 1) return null;
      divisor *= constant[0]!;
    } else {
      if (constant.length !== classes && constant.length !== 1) return null;
      for (let k = 0; k < classes; k++)
        bias[k]! += (constant.length === 1 ? constant[0]! : constant[k]!) / divisor;
    }
  }
  const dense = denseLayer(end.product, tensors, classes);
  if (dense === null) return null;
  for (let k = 0; k < classes; k++) bias[k]! += dense.bias[k]! / divisor;
  const kernel = dense.kernel.map((value) => value / divisor);

  const pooling = makerThrough(model, end.input);
  if (pooling?.opType !== 'GlobalAveragePool' && pooling?.opType !== 'ReduceMean') return null;
  return { features: pooling.input[0]!, channels: kernel.length / classes, kernel, bias };
}

/** The model's file with its last features as one more output, under the name they have. */
export function withFeatures(model: ModelProto, { features }: LinearEnd): Uint8Array {
  exposeValue(model, features);
  return serializeModel(model);
}

/** The map of a class, [h, w]: the sum of the features [C, h, w] weighted by the class's column. */
export function classMap(
  features: Float32Array,
  { channels, kernel, bias }: LinearEnd,
  expression: number,
): Float32Array {
  const places = features.length / channels;
  const map = new Float32Array(places);
  for (let c = 0; c < channels; c++) {
    const weight = kernel[c * bias.length + expression]!;
    for (let i = 0; i < places; i++) map[i]! += weight * features[c * places + i]!;
  }
  return map;
}
