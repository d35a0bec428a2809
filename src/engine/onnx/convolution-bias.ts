// Rewrites a model file's graph so that convolutions add their biases themselves, as every program writes them: OpenCV's
// dnn module (4.8 and 4.12 were tried) refuses a bias that is added afterwards where the images may have any size.

import type { ModelProto, NodeProto } from './schema/onnx_pb.js';

/** Changes the model in place: Conv, then Add of a stored vector that a Reshape spreads over the images, become Conv. */
export function mergeBiases({ graph }: ModelProto): void {
  if (graph === undefined) return;
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const readers = new Map<string, NodeProto[]>();
  for (const node of graph.node)
    for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  const given = new Set(graph.output.map(({ name }) => name));
  const merged = new Set<NodeProto>();
  for (const conv of graph.node) {
    const [output] = conv.output as [string];
    const [sum, ...others] = readers.get(output) ?? [];
    if (conv.opType !== 'Conv' || conv.input.length !== 2 || given.has(output)) continue;
    if (sum?.opType !== 'Add' || others.length > 0 || sum.input[0] !== output) continue;
    const spread = makers.get(sum.input[1]!);
    const [bias] = spread?.input ?? [];
    if (spread?.opType !== 'Reshape' || bias === undefined || !stored.has(bias)) continue;
    conv.input.push(bias);
    conv.output = [...sum.output];
    merged.add(sum);
    if (readers.get(spread.output[0]!)!.length === 1) merged.add(spread);
  }
  graph.node = graph.node.filter((node) => !merged.has(node));
  const read = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => read.has(name));
}
