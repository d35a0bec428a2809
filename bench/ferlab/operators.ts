// The operators of the seed network's training step, each cut out of the traced graph with its gradient as graphs of
// their own, and how much work they are. Follows whatever the engine's passes make of the network.

import { lowerGraph } from '../../dist/engine/compile/lower.js';
import { applyNetwork } from '../../dist/engine/compile/network.js';
import { optimizeForward } from '../../dist/engine/compile/passes.js';
import { dependents, Graph, type Node, type Value } from '../../dist/engine/ir/graph.js';
import { subtract } from '../../dist/engine/ops/elementwise.js';
import { adam } from '../../dist/engine/optim/transforms.js';
import { elementCount, type TensorType, tensorType } from '../../dist/engine/tensor/type.js';
import { seedNetwork } from './work.js';

/** A graph to run by itself, with what it has to do at the least. */
export interface Piece {
  readonly model: Uint8Array;
  /** Types of inputs and outputs by name. */
  readonly types: Readonly<Record<string, TensorType>>;
  readonly flops: number;
  /** Every input read once and every output written once. */
  readonly bytes: number;
}

export interface MeasuredOperator {
  readonly name: string;
  /** How many the step has of this name; one of them is measured. */
  readonly times: number;
  /** Whether arithmetic or memory is its limit. */
  readonly bound: 'arithmetic' | 'memory';
  readonly forward: Piece;
  /** Null where nothing asks for its gradient. */
  readonly backward: Piece | null;
}

function bytesOf({ dtype, shape }: TensorType): number {
  const sizes = { float32: 4, int64: 8, int32: 4, uint8: 1, bool: 1 } as const;
  return sizes[dtype] * elementCount(shape);
}

/** The forward graph of a training step as the engine optimises it. */
function traceForward(batch: number): Graph {
  const network = seedNetwork();
  const graph = new Graph();
  const pixels = graph.input('pixels', tensorType('float32', [batch, ...network.inputShape]));
  const specs = network.layer.describe(network.inputShape);
  const inputs = (kind: 'parameters' | 'state'): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(specs[kind]).map(([path, { shape }]) => [
        path,
        graph.input(`${kind}/${path}`, tensorType('float32', shape)),
      ]),
    );
  let masks = 0;
  const context = {
    training: true,
    dropoutMask: (shape: readonly number[]) => graph.input(`masks/${masks++}`, tensorType('float32', shape)),
  };
  const { outputs, state } = applyNetwork(network, context, inputs('parameters'), inputs('state'), pixels);
  const options = { trained: parametersOf(graph), provider: 'cpu' } as const;
  return optimizeForward(graph, { ...state, ...outputs }, options).graph;
}

/** The inputs that are trained. */
const parametersOf = (graph: Graph): Value[] =>
  graph.inputs.filter(({ name }) => name.startsWith('parameters/'));

/** 2 x multiply-adds; 0 for operators that memory limits. */
function flopsOf({ op, inputs, outputs }: Node): number {
  const output = elementCount(outputs[0]!.shape);
  if (op.name === 'Conv') return 2 * output * elementCount(inputs[1]!.shape.slice(1));
  if (op.name === 'MatMul') return (2 * output * elementCount(inputs[0]!.shape)) / outputs[0]!.shape[0]!;
  return 0;
}

function pieceOf(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  flops: number,
  channelBlock: number | null,
): Piece {
  const model = lowerGraph(graph, { name: 'operator', provider: 'cpu', channelBlock, outputs }).toBytes();
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  const values = [
    ...graph.inputs.filter((value) => read.has(value)).map((value) => [value.name, value.type] as const),
    ...Object.entries(outputs).map(([name, { type }]) => [name, type] as const),
  ];
  return {
    model,
    types: Object.fromEntries(values),
    flops,
    bytes: values.reduce((sum, [, type]) => sum + bytesOf(type), 0),
  };
}

/** Copies of a node's inputs as inputs of a new graph; constants stay constants. */
function inputsOf(node: Node, source: Graph, graph: Graph): Value[] {
  return node.inputs.map((input, i) => {
    const constant = source.constants.find(({ value }) => value === input);
    return constant === undefined
      ? graph.input(`in${i}`, input.type)
      : graph.constant(input.type, constant.data);
  });
}

function forwardOf(node: Node, source: Graph, channelBlock: number | null): Piece {
  const graph = new Graph();
  const outputs = graph.apply(node.op, inputsOf(node, source, graph), node.attributes);
  const named = Object.fromEntries(outputs.map((value, i) => [`out${i}`, value]));
  return pieceOf(graph, named, flopsOf(node), channelBlock);
}

function backwardOf(
  node: Node,
  source: Graph,
  active: ReadonlySet<Value>,
  channelBlock: number | null,
): Piece | null {
  const needs = node.inputs.map((input) => active.has(input));
  if (node.op.gradient === null || !needs.includes(true)) return null;
  const graph = new Graph();
  const inputs = inputsOf(node, source, graph);
  const outputs = node.outputs.map(({ type }, i) => graph.input(`out${i}`, type));
  const outputGradients = node.outputs.map(({ type }, i) =>
    type.dtype === 'float32' ? graph.input(`dout${i}`, type) : null,
  );
  const gradients = node.op.gradient({
    inputs,
    outputs,
    attributes: node.attributes,
    outputGradients,
    needs,
  });
  const made = gradients.flatMap((value, i) =>
    value !== null && needs[i] && value.producer !== null ? [[`din${i}`, value] as const] : [],
  );
  if (made.length === 0) return null; // it hands on what it got
  return pieceOf(graph, Object.fromEntries(made), made.length * flopsOf(node), channelBlock);
}

const show = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** `[2, 3] and [3, 4]`, or `of 2 x [2, 3]` where several are the same. */
function listShapes(shapes: readonly string[]): string {
  const alike = shapes.length > 1 && shapes.every((shape) => shape === shapes[0]);
  return alike ? `of ${shapes.length} x ${shapes[0]}` : shapes.join(' and ');
}

/**
 * The network's operators that take time: the products, and the others that touch at least `leastBytes`.
 *
 * @param channelBlock this machine's, as for a training step.
 */
export function networkOperators(
  batch: number,
  leastBytes: number,
  channelBlock: number | null,
): MeasuredOperator[] {
  const graph = traceForward(batch);
  const active = dependents(graph.nodes, parametersOf(graph));
  const found = new Map<string, MeasuredOperator>();
  for (const node of graph.nodes) {
    const flops = flopsOf(node);
    const touched = [...node.inputs, ...node.outputs].reduce((sum, { type }) => sum + bytesOf(type), 0);
    if (touched < leastBytes || node.op.name === 'Reshape') continue; // a reshape copies nothing
    const inputs = node.inputs.filter(({ shape }) => shape.length > 1).map(({ shape }) => show(shape));
    const name = `${node.op.name} ${listShapes(inputs)}`;
    const known = found.get(name);
    if (known !== undefined) {
      found.set(name, { ...known, times: known.times + 1 });
      continue;
    }
    found.set(name, {
      name,
      times: 1,
      bound: flops > 0 ? 'arithmetic' : 'memory',
      forward: forwardOf(node, graph, channelBlock),
      backward: backwardOf(node, graph, active, channelBlock),
    });
  }
  return [...found.values()];
}

/** Adam's update of the largest parameter. */
export function adamOperator(): MeasuredOperator {
  const network = seedNetwork();
  const { parameters } = network.layer.describe(network.inputShape);
  const shape = Object.values(parameters)
    .map((spec) => spec.shape)
    .reduce((largest, other) => (elementCount(other) > elementCount(largest) ? other : largest));
  const type = tensorType('float32', shape);
  const graph = new Graph();
  const parameter = graph.input('parameter', type);
  let updates: Readonly<Record<string, Value>> = { p: graph.input('gradient', type) };
  const outputs: Record<string, Value> = {};
  for (const transform of adam()) {
    const slots = Object.fromEntries(
      transform.slots.map((slot) => [`${slot}/p`, graph.input(`${transform.name}/${slot}`, type)]),
    );
    const scalars = Object.fromEntries(
      Object.keys(transform.scalars(1, 1)).map((name) => [
        name,
        graph.input(`${transform.name}/scalar/${name}`, tensorType('float32', [])),
      ]),
    );
    const result = transform.update(updates, { parameters: { p: parameter }, slots, scalars });
    updates = result.updates;
    for (const [path, value] of Object.entries(result.slots))
      outputs[`new/${transform.name}/${path}`] = value;
  }
  outputs['new/parameter'] = subtract(parameter, updates.p!);
  return {
    name: `Adam's update of ${show(shape)}`,
    times: 1,
    bound: 'memory',
    forward: pieceOf(graph, outputs, 0, null),
    backward: null,
  };
}
