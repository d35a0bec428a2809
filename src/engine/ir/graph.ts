// The engine's small intermediate language: a graph of operator applications on typed values, built by tracing.
// An operator is one `OpDefinition` (see ../ops); this file only knows how applications are recorded, checked
// and copied. Nodes stand in the order in which they were traced, which is a topological order.

import type { OnnxGraph } from '../onnx/model.js';
import type { NdArray } from '../tensor/array.js';
import { formatType, ShapeError, sameShape, type TensorType } from '../tensor/type.js';

/** A tensor that will exist when the graph runs. */
export class Value {
  constructor(
    readonly graph: Graph,
    readonly id: number,
    readonly type: TensorType,
    /** The application that makes it; null for inputs and constants. */
    readonly producer: Node | null,
    /** Name of an input, an output or a weight that is stored; empty for the rest. */
    readonly name: string = '',
  ) {}

  get shape(): readonly number[] {
    return this.type.shape;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a graph holds applications of operators with different attributes
type AnyAttributes = any;

/** One application of an operator. */
export interface Node<A = AnyAttributes> {
  readonly op: OpDefinition<A>;
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly outputs: readonly Value[];
}

/** What a gradient rule gets. */
export interface GradientRequest<A> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: A;
  /** Gradient of the loss by each output; null where the loss doesn't depend on it. */
  readonly outputGradients: readonly (Value | null)[];
  /** Whether the gradient by an input is wanted; others may be answered with null. */
  readonly needs: readonly boolean[];
}

/** A test case of an operator: input shapes (filled with seeded numbers) and attributes. */
export interface OpCase<A> {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly attributes: A;
  /**
   * How to draw inputs: `normal` by default; `positive` for square roots; `distinct` where ties would matter; `bytes`
   * gives int32 numbers from 0 to 255.
   */
  readonly draw?: 'normal' | 'positive' | 'distinct' | 'probabilities' | 'bytes';
}

/**
 * The execution provider that a graph is written for. The forms for `webgpu` run on every provider; `cuda` takes most of
 * them, and they are what files for unknown machines are written in.
 */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

/**
 * What an operator's lowering writes to: the ONNX graph under construction, the names of its values, and what the graph is
 * written for (the execution provider and its kernels), which is all that a lowering may depend on besides its node.
 */
export interface LoweringContext {
  readonly onnx: OnnxGraph;
  readonly provider: Provider;
  /**
   * Channels that the CPU provider's kernels for blocked layouts (NCHWc) take side by side on this machine; null where the
   * graph has to keep to ONNX's own operators.
   */
  readonly channelBlock: number | null;
  /** ONNX name of a value; a new name where it has none yet. */
  name(value: Value): string;
  /** Whether anything reads this value; an optional output that nothing reads may be left out. */
  isUsed(value: Value): boolean;
  /**
   * Whether the first axis may differ from the traced one when the graph runs (inference with any number of images).
   * A lowering must then not write that size into the graph.
   */
  readonly dynamicBatch: boolean;
  /** The same of height and width of images: axes 2 and 3. */
  readonly dynamicSize: boolean;
}

/** Everything there is to know of one operator. */
export interface OpDefinition<A = AnyAttributes> {
  readonly name: string;
  /** Types of the outputs, or ShapeError. */
  types(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** Writes the operator as ONNX nodes. */
  lower(context: LoweringContext, node: Node<A>): void;
  /** Gradient by each input, made of traced operators; null marks an operator without one. */
  readonly gradient: ((request: GradientRequest<A>) => readonly (Value | null)[]) | null;
  /** Inputs that no gradient reaches, by place: the targets of a loss. Default: none. */
  readonly nonDifferentiable?: readonly number[];
  /** What it computes, in plain float64. */
  reference(inputs: readonly NdArray[], attributes: A): readonly NdArray[];
  readonly cases: readonly OpCase<A>[];
}

/** A constant stored in the graph, float32. */
export interface Constant {
  readonly value: Value;
  readonly data: Float32Array;
}

export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  readonly constants: Constant[] = [];
  private nextId = 0;

  input(name: string, type: TensorType): Value {
    if (this.inputs.some((value) => value.name === name))
      throw new ShapeError(`The graph has two inputs named ${name}.`);
    const value = new Value(this, this.nextId++, type, null, name);
    this.inputs.push(value);
    return value;
  }

  /** @param name is kept in the ONNX file; a number stands there unless given. */
  constant(type: TensorType, data: Float32Array, name?: string): Value {
    const value = new Value(this, this.nextId++, type, null, name);
    this.constants.push({ value, data });
    return value;
  }

  /** Records an application and gives its outputs. Throws ShapeError where the operator's rule is broken. */
  apply<A>(op: OpDefinition<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
    for (const input of inputs) {
      if (input.graph !== this)
        throw new ShapeError(`${op.name}: an input belongs to another graph (value ${input.id}).`);
    }
    let types: readonly TensorType[];
    try {
      types = op.types(
        inputs.map((input) => input.type),
        attributes,
      );
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const received = inputs.map((input) => formatType(input.type)).join(', ');
      throw new ShapeError(`${op.name}: ${error.message} Received ${received}.`);
    }
    const outputs: Value[] = [];
    const node: Node<A> = { op, inputs, attributes, outputs };
    for (const type of types) outputs.push(new Value(this, this.nextId++, type, node));
    this.nodes.push(node);
    return outputs;
  }
}

/** The nodes that `outputs` depend on, in order. */
export function reachableNodes(graph: Graph, outputs: readonly Value[]): Node[] {
  const wanted = new Set<Value>(outputs);
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) wanted.add(input);
  }
  return kept.reverse();
}

/** `sources` and what depends on any of them through `nodes`, which are in order. */
export function dependents(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const found = new Set(sources);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) for (const output of node.outputs) found.add(output);
  }
  return found;
}

/**
 * Checks a graph against its own rules: every input is made before it is used, and every output has the type that the
 * operator's rule gives. Run after tracing, gradients, optimizer and every pass.
 */
export function verifyGraph(graph: Graph): void {
  const known = new Set<Value>([...graph.inputs, ...graph.constants.map((constant) => constant.value)]);
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (!known.has(input))
        throw new ShapeError(`${node.op.name}: value ${input.id} is used before it is made.`);
    }
    const expected = node.op.types(
      node.inputs.map((input) => input.type),
      node.attributes,
    );
    node.outputs.forEach((output, index) => {
      const type = expected[index];
      if (
        type === undefined ||
        type.dtype !== output.type.dtype ||
        !sameShape(type.shape, output.type.shape)
      ) {
        throw new ShapeError(
          `${node.op.name}: output ${index} is ${formatType(output.type)}, its rule says otherwise.`,
        );
      }
      known.add(output);
    });
  }
}

/** A stable, readable form: one line an input, constant or application. */
export function printGraph(graph: Graph): string {
  const number = new Map<Value, string>();
  const nameOf = (value: Value): string => {
    let name = number.get(value);
    if (name === undefined) {
      name = value.name === '' ? `%${number.size}` : `%${value.name}`;
      number.set(value, name);
    }
    return name;
  };
  const lines: string[] = [];
  for (const value of graph.inputs) lines.push(`input ${nameOf(value)}: ${formatType(value.type)}`);
  for (const { value } of graph.constants) lines.push(`constant ${nameOf(value)}: ${formatType(value.type)}`);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(nameOf).join(', ');
    const outputs = node.outputs.map((value) => `${nameOf(value)}: ${formatType(value.type)}`).join(', ');
    const attributes =
      Object.keys(node.attributes ?? {}).length > 0 ? ` ${JSON.stringify(node.attributes)}` : '';
    lines.push(`${outputs} = ${node.op.name}(${inputs})${attributes}`);
  }
  return lines.join('\n');
}
