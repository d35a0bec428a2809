// Turns a traced graph into an ONNX graph for one execution provider. What nothing depends on is left out.

import type { LoweringContext, Provider } from '../ir/graph.js';
import { type Graph, reachableNodes, type Value, verifyGraph } from '../ir/graph.js';
import { OnnxGraph } from '../onnx/model.js';
import { floatTensor } from '../tensor/array.js';

export interface LowerOptions {
  name: string;
  provider: Provider;
  /** See LoweringContext; null, a graph for any machine, unless given. */
  channelBlock?: number | null;
  /** Outputs by name. */
  outputs: Readonly<Record<string, Value>>;
  /**
   * Axes of inputs and outputs, by name, that are declared with a free size: a name for each, null for those that keep the
   * traced size. The first axis is then free everywhere.
   */
  freeAxes?: FreeAxes;
}

export type FreeAxes = Readonly<Record<string, readonly (string | null)[]>>;

/** Name of the free first axis in files that take any number of images. */
export const batchAxis = 'N';

/** Lowers what `outputs` depend on. Inputs keep their names; unused ones are left out. */
export function lowerGraph(graph: Graph, options: LowerOptions): OnnxGraph {
  verifyGraph(graph);
  const outputs = Object.entries(options.outputs);
  const nodes = reachableNodes(
    graph,
    outputs.map(([, value]) => value),
  );
  const used = new Set<Value>([
    ...nodes.flatMap((node) => node.inputs),
    ...outputs.map(([, value]) => value),
  ]);
  const { freeAxes = {} } = options;
  const dimensions = (name: string, shape: readonly number[]): (number | string)[] =>
    shape.map((size, axis) => freeAxes[name]?.[axis] ?? size);

  const onnx = new OnnxGraph(options.name);
  const names = new Map<Value, string>();
  const context: LoweringContext = {
    onnx,
    provider: options.provider,
    channelBlock: options.channelBlock ?? null,
    dynamicBatch: options.freeAxes !== undefined,
    dynamicSize: graph.inputs.some(({ name }) => freeAxes[name]?.slice(2).some((axis) => axis !== null)),
    isUsed: (value) => used.has(value),
    name(value) {
      let name = names.get(value);
      if (name === undefined) {
        name = onnx.fresh('value');
        names.set(value, name);
      }
      return name;
    },
  };
  for (const value of graph.inputs) {
    if (!used.has(value)) continue;
    names.set(value, onnx.input(value.name, value.type.dtype, dimensions(value.name, value.shape)));
  }
  for (const { value, data } of graph.constants) {
    if (!used.has(value)) continue;
    names.set(value, onnx.initializer(value.name || onnx.fresh('const'), floatTensor(value.shape, data)));
  }
  // An output takes its public name where it is made, unless it is an input or has another public name already.
  const aliases: [string, string][] = [];
  for (const [name, value] of outputs) {
    const known = names.get(value);
    if (known === undefined) names.set(value, name);
    else aliases.push([known, name]);
  }
  for (const node of nodes) node.op.lower(context, node);
  for (const [source, name] of aliases) onnx.addNode('Identity', [source], [name]);
  for (const [name, value] of outputs) onnx.output(name, value.type.dtype, dimensions(name, value.shape));
  return onnx;
}
