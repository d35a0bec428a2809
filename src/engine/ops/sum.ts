// Sums over axes, and broadcasting, which is their transpose.

import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { broadcastShapes, normalizeAxis, ShapeError, sameShape, tensorType } from '../tensor/type.js';
import { reshape } from './shaping.js';

export interface ReductionAttributes {
  /** Axes to reduce; negative ones count from the end. */
  axes: readonly number[];
  /** Keep reduced axes with size 1. */
  keepDims: boolean;
}

/** The shape that is left of `shape`. */
export function reducedShape(shape: readonly number[], { axes, keepDims }: ReductionAttributes): number[] {
  const reduced = new Set(axes.map((axis) => normalizeAxis(axis, shape.length)));
  return keepDims
    ? shape.map((size, axis) => (reduced.has(axis) ? 1 : size))
    : shape.filter((_, axis) => !reduced.has(axis));
}

/** A sum or mean as its lowering needs it. */
export interface Reduction extends ReductionAttributes {
  reduction: 'ReduceSum' | 'ReduceMean';
  input: string;
  shape: readonly number[];
  output: string;
}

/**
 * Writes a sum or mean. ONNX Runtime's CUDA provider has fast kernels for the first or the last axes alone; others, as
 * all but the channels, go through a general one. There the last axes are reduced first, then the others.
 */
export function lowerReduction({ onnx, provider }: LoweringContext, reduction: Reduction): void {
  const { input, shape, output, keepDims } = reduction;
  const reduce = (from: string, over: readonly number[], to: string, keepdims: 0 | 1): void =>
    onnx.addNode(reduction.reduction, [from, onnx.integers(...over)], [to], {
      keepdims,
      noop_with_empty_axes: 1,
    });
  const axes = new Set(reduction.axes.map((axis) => normalizeAxis(axis, shape.length)));
  let trailing = shape.length;
  while (axes.has(trailing - 1)) trailing--;
  const last = [...axes].filter((axis) => axis >= trailing);
  const others = [...axes].filter((axis) => axis < trailing);
  if (provider !== 'cuda' || last.length === 0 || others.length === 0) {
    reduce(input, reduction.axes, output, keepDims ? 1 : 0);
    return;
  }
  const rows = onnx.fresh(reduction.reduction);
  const reduced = keepDims ? onnx.fresh(reduction.reduction) : output;
  reduce(input, last, rows, 0);
  reduce(rows, others, reduced, 0);
  if (keepDims)
    onnx.addNode('Reshape', [reduced, onnx.integers(...reducedShape(shape, reduction))], [output]);
}

const keep = (attributes: ReductionAttributes): ReductionAttributes => ({ ...attributes, keepDims: true });

function sumReference(x: NdArray, attributes: ReductionAttributes): NdArray {
  const result = new NdArray(reducedShape(x.shape, keep(attributes)));
  forEachIndex(x.shape, (index, flat) => {
    result.add(
      index.map((i, axis) => (result.shape[axis] === 1 ? 0 : i)),
      x.data[flat]!,
    );
  });
  return new NdArray(reducedShape(x.shape, attributes), result.data);
}

/** A gradient of a reduction's result, repeated along the reduced axes of its input. */
export const spread = (dy: Value, shape: readonly number[], attributes: ReductionAttributes): Value =>
  broadcastTo(reshape(dy, reducedShape(shape, keep(attributes))), shape);

export const reduceSumOp: OpDefinition<ReductionAttributes> = {
  name: 'ReduceSum',
  types([x], attributes) {
    if (x?.dtype !== 'float32') throw new ShapeError('needs one float32 input.');
    return [tensorType('float32', reducedShape(x.shape, attributes))];
  },
  lower(context, node) {
    const [x] = node.inputs;
    lowerReduction(context, {
      reduction: node.op.name as Reduction['reduction'],
      input: context.name(x!),
      shape: x!.shape,
      output: context.name(node.outputs[0]!),
      ...node.attributes,
    });
  },
  gradient: ({ inputs: [x], attributes, outputGradients: [dy] }) => [spread(dy!, x!.shape, attributes)],
  reference: ([x], attributes) => [sumReference(x!, attributes)],
  cases: [
    { name: 'all axes', inputs: [[2, 3, 4]], attributes: { axes: [0, 1, 2], keepDims: false } },
    { name: 'channels kept', inputs: [[2, 3, 2, 2]], attributes: { axes: [0, 2, 3], keepDims: true } },
    { name: 'last axis', inputs: [[2, 3]], attributes: { axes: [-1], keepDims: false } },
    { name: 'no axes', inputs: [[2, 3]], attributes: { axes: [], keepDims: false } },
  ],
};

export interface BroadcastAttributes {
  shape: readonly number[];
}

export const broadcastOp: OpDefinition<BroadcastAttributes> = {
  name: 'Expand',
  types([x], { shape }) {
    if (x?.dtype !== 'float32') throw new ShapeError('needs one float32 input.');
    if (!sameShape(broadcastShapes(x.shape, shape), shape)) {
      throw new ShapeError(`does not broadcast to [${shape.join(', ')}].`);
    }
    return [tensorType('float32', shape)];
  },
  lower({ onnx, name }, node) {
    onnx.addNode(
      'Expand',
      [name(node.inputs[0]!), onnx.integers(...node.attributes.shape)],
      node.outputs.map(name),
    );
  },
  gradient({ inputs: [x], outputGradients: [dy] }) {
    return [reduceToShape(dy!, x!.shape)];
  },
  reference([x], { shape }) {
    return [NdArray.build(shape, (index) => x!.broadcastAt(index))];
  },
  cases: [
    { name: 'rows', inputs: [[1, 3]], attributes: { shape: [4, 3] } },
    { name: 'new axes', inputs: [[2]], attributes: { shape: [3, 4, 2] } },
  ],
};

/** Sum over `axes`. */
export function reduceSum(x: Value, axes: readonly number[], keepDims = false): Value {
  return x.graph.apply(reduceSumOp, [x], { axes, keepDims })[0]!;
}

/** Repeats a tensor along axes of size 1 and new leading axes. */
function broadcastTo(x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(broadcastOp, [x], { shape })[0]!;
}

/** Sums a gradient over the axes along which its operand was broadcast. */
export function reduceToShape(gradient: Value, shape: readonly number[]): Value {
  if (sameShape(gradient.shape, shape)) return gradient;
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1));
  return reshape(reduceSum(gradient, axes, true), shape);
}
