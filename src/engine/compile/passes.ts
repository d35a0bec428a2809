// Passes over a traced forward graph, run before gradients are taken. Each keeps what the graph computes; tests
// compare whole training steps with and without them.

import { Graph, type Node, type Value } from '../ir/graph.js';
import { conv, convOp } from '../ops/convolution.js';
import { add, divideOp, multiply, relu, reluOp, scalar, sign } from '../ops/elementwise.js';
import { channelAffine, channelAffineOp, moments, momentsOp } from '../ops/normalization.js';
import { maxPoolOp } from '../ops/pooling.js';
import { reshape } from '../ops/shaping.js';

export interface OptimizedGraph {
  readonly graph: Graph;
  /** The values that were named, in the new graph. */
  readonly values: Record<string, Value>;
  inputNamed(name: string): Value;
}

/** Copies a graph node by node; `rewrite` may put something else in a node's place. */
function rebuild(
  source: Graph,
  named: Readonly<Record<string, Value>>,
  rewrite: (
    node: Node,
    inputs: Value[],
    graph: Graph,
    mapped: (value: Value) => Value,
  ) => readonly Value[] | null,
): OptimizedGraph {
  const graph = new Graph();
  const copies = new Map<Value, Value>();
  const mapped = (value: Value): Value => {
    const copy = copies.get(value);
    if (copy === undefined) throw new Error(`The pass used value ${value.id} before it was copied.`);
    return copy;
  };
  for (const value of source.inputs) copies.set(value, graph.input(value.name, value.type));
  for (const { value, data } of source.constants) copies.set(value, graph.constant(value.type, data));
  for (const node of source.nodes) {
    // A rewritten node may read values that the pass has left out; a copied one may not.
    const inputs = node.inputs.map((input) => copies.get(input) as Value);
    const outputs =
      rewrite(node, inputs, graph, mapped) ?? graph.apply(node.op, node.inputs.map(mapped), node.attributes);
    node.outputs.forEach((output, i) => {
      const copy = outputs[i];
      if (copy !== undefined) copies.set(output, copy);
    });
  }
  return {
    graph,
    values: Object.fromEntries(Object.entries(named).map(([name, value]) => [name, mapped(value)])),
    inputNamed(name) {
      const value = graph.inputs.find((input) => input.name === name);
      if (value === undefined) throw new Error(`The graph has no input named ${name}.`);
      return value;
    },
  };
}

/** Nodes that read each value. */
function consumersOf(graph: Graph, named: Readonly<Record<string, Value>>): Map<Value, (Node | null)[]> {
  const consumers = new Map<Value, (Node | null)[]>();
  const note = (value: Value, reader: Node | null): void => {
    const list = consumers.get(value);
    if (list === undefined) consumers.set(value, [reader]);
    else list.push(reader);
  };
  for (const node of graph.nodes) for (const input of node.inputs) note(input, node);
  for (const value of Object.values(named)) note(value, null); // read from outside
  return consumers;
}

/** A convolution block whose pooling can move ahead of its normalization. */
interface PooledBlock {
  conv: Node;
  moments: Node;
  affine: Node;
  relu: Node;
  pool: Node;
  gamma: Value;
}

/** Finds pool(relu(affine(conv))) where the affine is a batch normalization with a trained gamma. */
function findPooledBlocks(graph: Graph, named: Readonly<Record<string, Value>>): PooledBlock[] {
  const consumers = consumersOf(graph, named);
  const only = (value: Value): Node | null => {
    const readers = consumers.get(value) ?? [];
    return readers.length === 1 ? readers[0]! : null;
  };
  return graph.nodes.flatMap((pool) => {
    if (pool.op !== maxPoolOp || consumers.has(pool.outputs[1]!)) return [];
    const reluNode = pool.inputs[0]!.producer;
    if (reluNode?.op !== reluOp || only(reluNode.outputs[0]!) !== pool) return [];
    const affine = reluNode.inputs[0]!.producer;
    if (affine?.op !== channelAffineOp || only(affine.outputs[0]!) !== reluNode) return [];
    const convNode = affine.inputs[0]!.producer;
    const scale = affine.inputs[1]!.producer;
    if (convNode?.op !== convOp || scale?.op !== divideOp || scale.inputs[0]!.producer !== null) return [];
    const readers = consumers.get(convNode.outputs[0]!) ?? [];
    const statistics = readers.find((reader) => reader?.op === momentsOp);
    if (readers.length !== 2 || !statistics || !readers.includes(affine)) return [];
    return [{ conv: convNode, moments: statistics, affine, relu: reluNode, pool, gamma: scale.inputs[0]! }];
  });
}

/**
 * Moves max pooling ahead of batch normalization and ReLU, which then work on a quarter of the elements (2x2 windows):
 * pool(relu(s x + b)) = relu(|s| pool(sign(s) x) + b). The sign of s is gamma's; it is folded into the convolution's
 * kernel, so it costs nothing, and the statistics' mean turns with it.
 */
export function optimizeForward(source: Graph, named: Readonly<Record<string, Value>>): OptimizedGraph {
  const blocks = findPooledBlocks(source, named);
  const roleOf = new Map<Node, [keyof Omit<PooledBlock, 'gamma'>, PooledBlock]>();
  for (const block of blocks) {
    for (const role of ['conv', 'moments', 'affine', 'relu', 'pool'] as const)
      roleOf.set(block[role], [role, block]);
  }
  const signs = new Map<PooledBlock, Value>();
  const turned = new Map<PooledBlock, Value>();
  return rebuild(source, named, (node, inputs, graph, mapped) => {
    const [role, block] = roleOf.get(node) ?? [];
    if (role === undefined || block === undefined) return null;
    switch (role) {
      case 'conv': {
        const gamma = mapped(block.gamma);
        // sign(sign(gamma) + 1/2) is 1 at gamma = 0 as well
        const signOfGamma = sign(add(sign(gamma), scalar(gamma, 0.5)));
        const kernel = multiply(inputs[1]!, reshape(signOfGamma, [gamma.shape[0]!, 1, 1, 1]));
        signs.set(block, signOfGamma);
        turned.set(block, conv(inputs[0]!, kernel, node.attributes));
        return [];
      }
      case 'moments': {
        const { mean, variance } = moments(turned.get(block)!);
        return [multiply(mean, signs.get(block)!), variance];
      }
      case 'affine':
      case 'relu':
        return [];
      case 'pool': {
        const [, scale, shift] = block.affine.inputs.map((input, i) => (i === 0 ? null : mapped(input)));
        const [pooled, indices] = graph.apply(maxPoolOp, [turned.get(block)!], node.attributes);
        const size = multiply(scale!, signs.get(block)!);
        return [relu(channelAffine(pooled!, size, shift!)), indices!];
      }
    }
  });
}
