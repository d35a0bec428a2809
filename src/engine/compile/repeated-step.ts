// Several training steps in one run of the engine: ONNX's Scan runs the graph of one step again and again, what is
// carried being its state. Where tensors can't stay in the device's memory between runs, as with CUDA in Node, they then
// travel once a run, not once a step.

import { OnnxGraph } from '../onnx/model.js';
import type { GraphProto } from '../onnx/schema/onnx_pb.js';
import type { TensorType } from '../tensor/type.js';

/** A tensor that goes into a step or comes out of it. */
interface StepTensor {
  name: string;
  type: TensorType;
}

export interface RepeatOptions {
  /** What a step takes over from the one before, in order. */
  carried: readonly StepTensor[];
  /** The names of what it hands on, in the same order. */
  next: readonly string[];
  /** What every step is given anew: [steps, ...] for the whole. */
  given: readonly StepTensor[];
  /** What every step gives: [steps, ...] for the whole. */
  results: readonly StepTensor[];
}

/** Name of the first axis of what is given and of the results. */
const stepAxis = 'steps';

/** Names inside the repeated graph: they may not be those outside. */
const inside = (name: string): string => (name === '' ? '' : `step/${name}`);

/** A graph that makes as many steps as its inputs `given` hold. Inputs and outputs keep their names. */
export function repeatStep(step: OnnxGraph, options: RepeatOptions): OnnxGraph {
  const { carried, next, results } = options;
  const body = step.toGraph();
  // Inputs that nothing depends on are no part of a graph.
  const read = new Set(body.input.map(({ name }) => name));
  const given = options.given.filter(({ name }) => read.has(name));
  renameValues(body);
  const named = <T extends { name: string }>(values: readonly T[], name: string): T => {
    const value = values.find((candidate) => candidate.name === inside(name));
    if (value === undefined) throw new Error(`A repeated step needs ${name}, which its graph lacks.`);
    return value;
  };
  body.input = [...carried, ...given].map(({ name }) => named(body.input, name));
  body.output = [...next, ...results.map(({ name }) => name)].map((name) => named(body.output, name));

  const whole = new OnnxGraph(`${step.name}s`);
  whole.useDomainsOf(step);
  for (const { name, type } of carried) whole.input(name, type.dtype, type.shape);
  for (const { name, type } of given) whole.input(name, type.dtype, [stepAxis, ...type.shape]);
  whole.addNode(
    'Scan',
    [...carried, ...given].map(({ name }) => name),
    [...next, ...results.map(({ name }) => name)],
    { body, num_scan_inputs: given.length },
  );
  carried.forEach(({ type }, i) => {
    whole.output(next[i]!, type.dtype, type.shape);
  });
  for (const { name, type } of results) whole.output(name, type.dtype, [stepAxis, ...type.shape]);
  return whole;
}

function renameValues(graph: GraphProto): void {
  for (const value of [...graph.input, ...graph.output, ...graph.initializer])
    value.name = inside(value.name);
  for (const node of graph.node) {
    node.input = node.input.map(inside);
    node.output = node.output.map(inside);
  }
}
