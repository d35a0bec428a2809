// Passes over a traced forward graph, run before gradients are taken. Each keeps what the graph computes; tests
// compare whole training steps with and without them.

import type { Provider } from '../ir/graph.js';
import { dependents, Graph, type Node, type Value } from '../ir/graph.js';
import { conv, convOp } from '../ops/convolution.js';
import { type ConvAttributes, outputShape } from '../ops/convolution-lowering.js';
import { add, divideOp, multiply, relu, reluOp, scalar, sign } from '../ops/elementwise.js';
import { matMul } from '../ops/matmul.js';
import { maximum } from '../ops/maximum.js';
import { channelAffine, channelAffineOp, moments, momentsOp } from '../ops/normalization.js';
import type { PoolAttributes } from '../ops/pool-windows.js';
import { maxPoolOp } from '../ops/pooling.js';
import { reshape } from '../ops/shaping.js';
import { reduceSum } from '../ops/sum.js';
import { windowMoments } from '../ops/windows.js';
import { elementCount } from '../tensor/type.js';

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
  /** For a block that reads images alone: the convolutions of `placesInWindow`. */
  places: ConvAttributes[] | null;
}

const roles = ['conv', 'moments', 'affine', 'relu', 'pool'] as const;
type Role = (typeof roles)[number];

/** Finds pool(relu(affine(conv))) where the affine is a batch normalization with a trained gamma. */
function findPooledBlocks(
  graph: Graph,
  named: Readonly<Record<string, Value>>,
  { trained, provider }: PassOptions,
): PooledBlock[] {
  const consumers = consumersOf(graph, named);
  const only = (value: Value): Node | null => {
    const readers = consumers.get(value) ?? [];
    return readers.length === 1 ? readers[0]! : null;
  };
  const active = dependents(graph.nodes, trained);
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
    const ofImages = provider === 'cpu' && !active.has(convNode.inputs[0]!);
    const places = ofImages ? placesInWindow(convNode, pool) : null;
    const gamma = scale.inputs[0]!;
    return [{ conv: convNode, moments: statistics, affine, relu: reluNode, pool, gamma, places }];
  });
}

/** Elements of a kernel up to which its windows are laid out and their covariance is taken. */
const mostWindow = 64;

/**
 * The convolutions that give one place of every pooling window each, row by row; null where the kernel is too large or
 * no zeros around the images give just these places.
 */
function placesInWindow(convNode: Node<ConvAttributes>, pool: Node<PoolAttributes>): ConvAttributes[] | null {
  const { kernel, strides, pads, ceil } = pool.attributes;
  const [images, filter] = convNode.inputs.map(({ shape }) => shape);
  const { attributes } = convNode;
  if (attributes.group !== 1 || elementCount(filter!.slice(1)) > mostWindow) return null;
  if (ceil || pads.some((width) => width !== 0) || kernel.some((size, axis) => size !== strides[axis]))
    return null;
  const pooled = pool.outputs[0]!.shape;
  const places: ConvAttributes[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const apart = kernel.map((size, axis) => size * attributes.strides[axis]!);
      const before = [i, j].map((place, axis) => attributes.pads[axis]! - place * attributes.strides[axis]!);
      const after = before.map((width, axis) => {
        const end = (pooled[axis + 2]! - 1) * apart[axis]! + filter![axis + 2]!;
        return Math.max(0, end - width - images![axis + 2]!);
      });
      const place: ConvAttributes = {
        strides: [apart[0]!, apart[1]!],
        pads: [before[0]!, before[1]!, after[0]!, after[1]!],
        group: 1,
      };
      if (before.some((width) => width < 0)) return null;
      if (outputShape(images!, filter!, place).some((size, axis) => size !== pooled[axis])) return null;
      places.push(place);
    }
  }
  return places;
}

export interface PassOptions {
  /** The graph's inputs that gradients will be taken by. */
  trained: readonly Value[];
  provider: Provider;
}

/**
 * Moves max pooling ahead of batch normalization and ReLU, which then work on a quarter of the elements (2x2 windows):
 * pool(relu(s x + b)) = relu(|s| pool(sign(s) x) + b). The sign of s is gamma's; it is folded into the convolution's
 * kernel, so it costs nothing, and the statistics' mean turns with it.
 *
 * Where the convolution reads images alone, its whole result is never made on the CPU: one convolution for each place
 * in the pooling windows gives the elements side by side, the largest of which wins, and the statistics follow from the
 * moments of the images' own windows. No element is then looked for branch by branch, and nothing of the result's whole
 * size is read again for statistics or gradients (docs/performance.md).
 */
export function optimizeForward(
  source: Graph,
  named: Readonly<Record<string, Value>>,
  options: PassOptions,
): OptimizedGraph {
  const blocks = findPooledBlocks(source, named, options);
  const roleOf = new Map<Node, [Role, PooledBlock]>();
  for (const block of blocks) for (const role of roles) roleOf.set(block[role], [role, block]);
  const signs = new Map<PooledBlock, Value>();
  const turned = new Map<PooledBlock, [Value, ...Value[]]>();
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
        const [first, ...rest] = block.places ?? [node.attributes as ConvAttributes];
        const convolved = (attributes: ConvAttributes) => conv(inputs[0]!, kernel, attributes);
        turned.set(block, [convolved(first!), ...rest.map(convolved)]);
        return [];
      }
      case 'moments': {
        if (block.places !== null) return convolvedMoments(block.conv, mapped);
        const { mean, variance } = moments(turned.get(block)![0]);
        return [multiply(mean, signs.get(block)!), variance];
      }
      case 'affine':
      case 'relu':
        return [];
      case 'pool': {
        const [, scale, shift] = block.affine.inputs.map((input, i) => (i === 0 ? null : mapped(input)));
        const elements = turned.get(block)!;
        const pooled =
          block.places === null ? graph.apply(maxPoolOp, elements, node.attributes)[0]! : maximum(elements);
        const size = multiply(scale!, signs.get(block)!);
        return [relu(channelAffine(pooled, size, shift!))];
      }
    }
  });
}

/** Mean and variance of a convolution's channels, from the moments of the windows that it reads. */
function convolvedMoments(convNode: Node<ConvAttributes>, mapped: (value: Value) => Value): [Value, Value] {
  const [images, kernel] = convNode.inputs.map(mapped);
  const [filters, , height, width] = kernel!.shape as [number, number, number, number];
  const window = windowMoments(images!, { ...convNode.attributes, kernel: [height, width] });
  const size = window.mean.shape[0]!;
  const weights = reshape(kernel!, [filters, size]);
  const mean = matMul(weights, reshape(window.mean, [size, 1]));
  const variance = reduceSum(multiply(matMul(weights, window.covariance), weights), [1]);
  return [reshape(mean, [filters]), relu(variance)]; // rounding may take a variance just below 0
}
