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

/**
 * Finds the dense layer that makes `logits`: a product with a stored matrix, then a stored bias and a temperature, if any.
 *
 * @throws RangeError where the graph ends in anything else.
 */
export function findLastLayer(model: ModelProto): LastLayer {
  const graph = graphOf(model);
  const maker = (value: string) => graph.node.find(({ output }) => output.includes(value));
  const given = new Set(graph.initializer.map(({ name }) => name));
  const isStored = (name: string): boolean => given.has(name) || given.has(castOf(maker(name)));
  let value = 'logits';
  for (;;) {
    const node = maker(value);
    const [first, second] = node?.input ?? [];
    const known = node !== undefined && /^(Div|Add|Gemm|MatMul)$/.test(node.opType);
    if (!known || first === undefined || second === undefined || !isStored(second)) {
      throw new RangeError(
        `expected logits that a dense layer with a stored matrix makes, found ${node?.opType ?? 'no operator'} before them`,
      );
    }
    value = first;
    if (node.opType === 'Gemm' || node.opType === 'MatMul')
      return { features: value, maps: mapsBefore(graph, value) };
  }
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
