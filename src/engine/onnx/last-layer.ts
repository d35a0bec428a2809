// A classifier's graph and its last dense layer: finds what that layer takes, cuts the graph there, and lets another graph
// go on from there. What comes before isn't looked at.

import { clone, create } from '@bufbuild/protobuf';
import { rawBuffer } from './edit.js';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './schema/onnx_pb.js';

/** What the last dense layer of a classifier takes. */
export interface LastLayer {
  /** The name of the value, [N, size]. */
  readonly features: string;
  /** The maps [N, size, height, width] of whose positions the features are the mean; null where they are something else. */
  readonly maps: string | null;
}

/** Operators that pass one value on, in another shape at most. */
const passing = /^(Identity|Dropout|Flatten|Reshape|Squeeze)$/;

/** What makes scores: a product with a matrix, and the operators between it and the scores, the last first. */
export interface DenseEnd {
  readonly product: NodeProto;
  /** Sums and quotients with a stored value, whose name is `stored`. */
  readonly after: readonly { readonly node: NodeProto; readonly stored: string }[];
  /** What the product takes. */
  readonly input: string;
}

/**
 * The dense layer that makes `output`: a product with a stored matrix, then stored biases and divisors, if any; null where
 * there is no such layer. Values that are only reshaped in between are walked through.
 */
export function denseEnd({ graph }: ModelProto, output: string): DenseEnd | null {
  if (graph === undefined) return null;
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const given = new Set(graph.initializer.map(({ name }) => name));
  const isStored = (name: string): boolean => {
    const maker = makers.get(name);
    return given.has(name) || given.has(castOf(maker)) || maker?.opType === 'Constant';
  };
  const after: { node: NodeProto; stored: string }[] = [];
  let value = output;
  // As many steps as there are operators: a damaged graph may go round in circles.
  for (let steps = graph.node.length; steps > 0; steps--) {
    const node = makers.get(value);
    const [first = '', second = ''] = node?.input ?? [];
    if (node === undefined) return null;
    if (passing.test(node.opType)) {
      value = first;
    } else if (node.opType === 'Gemm' || node.opType === 'MatMul') {
      return isStored(second) ? { product: node, after, input: first } : null;
    } else if (node.opType === 'Add' && isStored(first)) {
      after.push({ node, stored: first });
      value = second;
    } else if ((node.opType === 'Add' || node.opType === 'Div') && isStored(second)) {
      after.push({ node, stored: second });
      value = first;
    } else return null;
  }
  return null;
}

/**
 * Finds the dense layer that makes `logits`: a product with a stored matrix, then a stored bias and a temperature, if any.
 *
 * @throws RangeError where the graph ends in anything else.
 */
export function findLastLayer(model: ModelProto): LastLayer {
  const graph = graphOf(model);
  const end = denseEnd(model, 'logits');
  if (end !== null) return { features: end.input, maps: mapsBefore(graph, end.input) };
  const last = graph.node.find(({ output }) => output.includes('logits'));
  throw new RangeError(
    `expected logits that a dense layer with a stored matrix makes, found ${last?.opType ?? 'no operator'} before them`,
  );
}

/** The node that makes a value, walked back over those that only pass it on. */
export function makerThrough({ graph }: ModelProto, value: string): NodeProto | undefined {
  let maker = graph?.node.find(({ output }) => output.includes(value));
  for (let steps = graph?.node.length ?? 0; steps > 0 && maker && passing.test(maker.opType); steps--) {
    const [first] = maker.input;
    maker = graph?.node.find(({ output }) => output.includes(first ?? ''));
  }
  return maker;
}

/** What a cast reads, of a tensor that is stored in half precision. */
const castOf = (node: NodeProto | undefined): string =>
  node?.opType === 'Cast' ? (node.input[0] ?? '') : '';

/** Mean over height and width, in the two forms that model files have. */
function mapsBefore(graph: GraphProto, features: string): string | null {
  const maker = (value: string) => graph.node.find(({ output }) => output.includes(value));
  const last = maker(features);
  if (last?.opType === 'Flatten') {
    const pool = maker(last.input[0] ?? '');
    return pool?.opType === 'GlobalAveragePool' ? (pool.input[0] ?? null) : null;
  }
  const axes = graph.initializer.find(({ name }) => name === last?.input[1]);
  const isMean =
    last?.opType === 'ReduceMean' &&
    last.attribute.some(({ name, i }) => name === 'keepdims' && i === 0n) &&
    axes !== undefined &&
    String(new BigInt64Array(rawBuffer(axes))) === '2,3';
  return isMean ? (last.input[0] ?? null) : null;
}

/**
 * The graph from the input to one value, which is its output, as a model without metadata.
 *
 * @param axes of the value after the first, which is the number of images.
 */
export function cutAt(model: ModelProto, value: string, axes: readonly string[]): ModelProto {
  const graph = graphOf(model);
  return create(ModelProtoSchema, {
    irVersion: model.irVersion,
    producerName: model.producerName,
    producerVersion: model.producerVersion,
    opsetImport: model.opsetImport,
    graph: create(GraphProtoSchema, {
      ...upTo(graph, value),
      name: graph.name,
      input: graph.input,
      output: [outputInfo(graph, value, axes)],
    }),
  });
}

function outputInfo(graph: GraphProto, name: string, axes: readonly string[]): ValueInfoProto {
  const logits = graph.output.find((output) => output.name === 'logits');
  if (logits === undefined) throw new RangeError('expected a graph with the output logits, found none');
  const info = clone(ValueInfoProtoSchema, logits);
  info.name = name;
  const tensor = info.type?.value;
  if (tensor?.case === 'tensorType' && tensor.value.shape !== undefined)
    tensor.value.shape.dim.splice(
      1,
      Number.POSITIVE_INFINITY,
      ...axes.map((axis) =>
        create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: axis } }),
      ),
    );
  return info;
}

/** Nodes that lead to a value, in their order, and the stored tensors that they take. */
function upTo(graph: GraphProto, value: string): Pick<GraphProto, 'node' | 'initializer'> {
  const needed = new Set([value]);
  const node: NodeProto[] = [];
  for (const candidate of [...graph.node].reverse()) {
    if (!candidate.output.some((name) => needed.has(name))) continue;
    for (const name of candidate.input) needed.add(name);
    node.unshift(candidate);
  }
  return { node, initializer: graph.initializer.filter(({ name }) => needed.has(name)) };
}

/**
 * The graph up to a value, and from there on another one, whose input the value is and whose outputs are the whole's.
 * Without metadata. Names of the other's stored tensors stay where the model has no such name.
 */
export function continueFrom(model: ModelProto, value: string, head: ModelProto): ModelProto {
  const whole = cutAt(model, value, []);
  const graph = graphOf(whole);
  const added = graphOf(head);
  const taken = new Set([
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);
  let prefix = 'head/';
  for (let i = 2; [...taken].some((name) => name.startsWith(prefix)); i++) prefix = `head${i}/`;
  const kept = new Set([
    '',
    ...added.output.map(({ name }) => name),
    ...added.initializer.flatMap(({ name }) => (taken.has(name) ? [] : [name])),
  ]);
  const rename = (name: string): string => {
    if (name === added.input[0]?.name) return value;
    return kept.has(name) ? name : prefix + name;
  };
  const nodes = added.node.map((node) => {
    const copy = clone(NodeProtoSchema, node);
    copy.name = prefix + node.name;
    copy.input = node.input.map(rename);
    copy.output = node.output.map(rename);
    return copy;
  });
  const tensors = added.initializer.map((tensor) => {
    const copy = clone(TensorProtoSchema, tensor);
    copy.name = rename(tensor.name);
    return copy;
  });
  graph.node = [...graph.node, ...nodes];
  graph.initializer = [...graph.initializer, ...tensors];
  graph.output = added.output;
  return whole;
}

function graphOf(model: ModelProto): GraphProto {
  if (model.graph === undefined) throw new RangeError('expected a model with a graph, found none');
  return model.graph;
}
