// Class activation maps (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization"), for networks that end in
// global average pooling and one dense layer. There the logit of a class is the mean of a map over its places, plus a
// bias: the map is the sum of the last features, weighted by the class's column of the dense layer. The model file's graph
// gets one more output, those features; nothing is differentiated, so that models of any origin will do.

import { serializeModel, storedTensors } from '../engine/onnx/edit.js';
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

/** Operators that pass one value on, in another shape at most. */
const passing = new Set(['Identity', 'Dropout', 'Flatten', 'Reshape', 'Squeeze']);

interface Ends {
  makerOf(value: string): Node | undefined;
  tensors: Record<string, HostTensor>;
}

const floats = (tensor: HostTensor | undefined): Float32Array | null =>
  tensor !== undefined && tensor.data instanceof Float32Array ? tensor.data : null;

const flagOf = (node: Node, name: string): boolean =>
  Number(node.attribute.find((attribute) => attribute.name === name)?.i ?? 0) !== 0;

const factorOf = (node: Node, name: string): number =>
  node.attribute.find((attribute) => attribute.name === name)?.f ?? 1;

/** Walks back over nodes that pass their value on. */
function origin(value: string, { makerOf }: Ends): { value: string; node: Node | undefined } {
  let node = makerOf(value);
  let current = value;
  while (node !== undefined && passing.has(node.opType)) {
    current = node.input[0]!;
    node = makerOf(current);
  }
  return { value: current, node };
}

/** The dense layer that makes `value`: its kernel, transposed where the node says so, and its input. */
function denseLayer(
  node: Node,
  ends: Ends,
  classes: number,
): { input: string; kernel: Float32Array; bias: Float32Array } | null {
  const kernel = floats(ends.tensors[node.input[1]!]);
  const shape = ends.tensors[node.input[1]!]?.type.shape;
  if (kernel === null || shape?.length !== 2) return null;
  const bias = new Float32Array(classes);
  const input = node.input[0]!;
  if (node.opType === 'MatMul') return shape[1] === classes ? { input, kernel, bias } : null;
  const alpha = factorOf(node, 'alpha');
  const beta = factorOf(node, 'beta');
  if (flagOf(node, 'transA')) return null;
  const added = node.input[2] ? floats(ends.tensors[node.input[2]]) : bias;
  if (added === null || (added.length !== classes && added.length !== 1)) return null;
  for (let k = 0; k < classes; k++) bias[k] = beta * (added.length === 1 ? added[0]! : added[k]!);
  const transposed = flagOf(node, 'transB');
  const channels = shape[transposed ? 1 : 0]!;
  if (shape[transposed ? 0 : 1] !== classes) return null;
  const scaled = Float32Array.from(kernel, (_, i) => {
    const [c, k] = [Math.floor(i / classes), i % classes];
    return alpha * (transposed ? kernel[k * channels + c]! : kernel[i]!);
  });
  return { input, kernel: scaled, bias };
}

/**
 * How the logits follow from the means of the last features; null where the graph doesn't end so. The caller still has to
 * compare numbers: axes of a mean aren't looked at.
 */
export function findLinearEnd(model: ModelProto, classes: number): LinearEnd | null {
  const makers = new Map<string, Node>();
  for (const node of model.graph?.node ?? []) for (const output of node.output) makers.set(output, node);
  const ends: Ends = { makerOf: (value) => makers.get(value), tensors: storedTensors(model) };

  // From the end: numbers that the scores are divided by, and vectors that are added, then the dense layer.
  let divisor = 1;
  const bias = new Float32Array(classes);
  let { node } = origin('logits', ends);
  while (node !== undefined && (node.opType === 'Div' || node.opType === 'Add')) {
    const [first, second] = node.input as [string, string];
    const constant =
      floats(ends.tensors[second]) ?? (node.opType === 'Add' ? floats(ends.tensors[first]) : null);
    if (constant === null) return null;
    if (node.opType === 'Div') {
      if (constant.length !== 1) return null;
      divisor *= constant[0]!;
    } else {
      if (constant.length !== classes && constant.length !== 1) return null;
      for (let k = 0; k < classes; k++)
        bias[k]! += (constant.length === 1 ? constant[0]! : constant[k]!) / divisor;
    }
    ({ node } = origin(ends.tensors[second] === undefined ? second : first, ends));
  }
  if (node === undefined || (node.opType !== 'Gemm' && node.opType !== 'MatMul')) return null;
  const dense = denseLayer(node, ends, classes);
  if (dense === null) return null;
  for (let k = 0; k < classes; k++) bias[k]! += dense.bias[k]! / divisor;
  const kernel = dense.kernel.map((value) => value / divisor);

  const { node: pooling } = origin(dense.input, ends);
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
