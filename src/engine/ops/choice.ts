// What decides without being trained: values that no gradient passes, and the hardest rows of a batch.

import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { ShapeError, sameShape } from '../tensor/type.js';
import { type NoAttributes, none } from './elementwise.js';

/** ONNX's number of float32 (TensorProto.DataType). */
const float = 1;

/** The input, as a constant to gradients. */
export const stopGradientOp: OpDefinition<NoAttributes> = {
  name: 'StopGradient',
  types: ([x]) => [x!],
  lower({ onnx, name }, node) {
    onnx.addNode('Identity', node.inputs.map(name), node.outputs.map(name)); // which the runtime leaves out
  },
  gradient: () => [null],
  nonDifferentiable: [0],
  reference: ([x]) => [new NdArray(x!.shape, x!.data.slice())],
  cases: [{ name: 'matrix', inputs: [[2, 3]], attributes: none }],
};

export interface HardestAttributes {
  /** Of the rows that count, from 0 to 1. */
  share: number;
}

/** Below this, shares of whole numbers differ from halves by rounding alone. */
const rounding = 1e-4;

/** The value of rows that don't count: below any loss. */
const lowest = -1e30;

/**
 * 1 for the rows of the largest losses, else 0: losses [n], and weights [n], which are 0 for rows that don't count. Of k rows that count, round(share k) are marked, the first of equal ones. No gradient flows (online hard
 * example mining, Shrivastava et al. 2016).
 */
export const hardestOp: OpDefinition<HardestAttributes> = {
  name: 'Hardest',
  types(types, { share }) {
    const [losses, weights] = types;
    if (losses?.shape.length !== 1 || !weights || !sameShape(losses.shape, weights.shape))
      throw new ShapeError('needs a vector of losses, and weights of its size.');
    if (!(share >= 0 && share <= 1)) throw new ShapeError(`needs a share from 0 to 1, got ${share}.`);
    return [losses];
  },
  lower(context, node) {
    const { onnx, name } = context;
    const [losses, weights] = node.inputs.map(name);
    const size = node.inputs[0]!.shape[0]!;
    const counts = onnx.node('Cast', [onnx.node('Greater', [weights!, onnx.scalar(0)])], { to: float });
    const rows = onnx.node('ReduceSum', [counts, onnx.integers(0)], { keepdims: 0 });
    const wanted = onnx.node('Floor', [
      onnx.node('Add', [
        onnx.node('Mul', [rows, onnx.scalar(node.attributes.share)]),
        onnx.scalar(0.5 + rounding),
      ]),
    ]);
    const ranked = onnx.node('Add', [
      onnx.node('Mul', [losses!, counts]),
      onnx.node('Mul', [onnx.node('Sub', [onnx.scalar(1), counts]), onnx.scalar(lowest)]),
    ]);
    const left = onnx.node('Sub', [wanted, lowerRanks(context, ranked, size)]);
    onnx.addNode('Clip', [left, onnx.scalar(0), onnx.scalar(1)], node.outputs.map(name));
  },
  gradient: () => [null, null],
  nonDifferentiable: [0, 1],
  reference([losses, weights], { share }) {
    const rows = [...losses!.data.keys()].filter((i) => weights!.data[i]! > 0);
    const sorted = rows.sort((a, b) => losses!.data[b]! - losses!.data[a]! || a - b);
    const chosen = new Set(sorted.slice(0, Math.floor(share * rows.length + 0.5 + rounding)));
    return [NdArray.build(losses!.shape, ([i]) => Number(chosen.has(i!)))];
  },
  cases: [
    { name: 'some rows', inputs: [[20], [20]], attributes: { share: 0.7 } },
    // Of so many in steps of 1/64, several are equal.
    { name: 'equal ones', inputs: [[200], [200]], attributes: { share: 0.5 } },
  ],
};

/** How many of a vector's elements are larger than each, or equal and before it: [size], numbers from 0. */
function lowerRanks({ onnx, provider }: LoweringContext, values: string, size: number): string {
  const numbers = Array.from({ length: size }, (_, i) => i);
  if (provider === 'cpu') {
    const order = onnx.fresh('order');
    onnx.addNode('TopK', [values, onnx.integers(size)], [onnx.fresh('sorted'), order], { axis: 0 });
    const positions = onnx.constant('float32', [size], numbers);
    return onnx.node('ScatterElements', [positions, order, positions], { axis: 0 });
  }
  // Other providers lack TopK, or don't say which of equal values comes first.
  const [row, column] = [
    [1, size],
    [size, 1],
  ].map((shape) => onnx.node('Reshape', [values, onnx.integers(...shape)]));
  const asNumber = (comparison: string): string =>
    onnx.node('Cast', [onnx.node(comparison, [row!, column!])], { to: float });
  const places = [
    [1, size],
    [size, 1],
  ].map((shape) => onnx.constant('float32', shape, numbers));
  const before = onnx.node('Cast', [onnx.node('Less', places)], { to: float });
  const ahead = onnx.node('Add', [asNumber('Greater'), onnx.node('Mul', [asNumber('Equal'), before])]);
  return onnx.node('ReduceSum', [ahead, onnx.integers(1)], { keepdims: 0 });
}

/** The same values, as constants to gradients. */
export const stopGradient = (x: Value): Value => x.graph.apply(stopGradientOp, [x], none)[0]!;

/**
 * Marks the rows of the largest losses [n] by 1, others by 0.
 *
 * @param share of the rows that count, from 0 to 1; their number is rounded to the nearest.
 * @param weights [n], 0 for rows that don't count; all count unless given.
 */
export function hardest(losses: Value, share: number, weights?: Value): Value {
  const all = () => losses.graph.constant(losses.type, new Float32Array(losses.shape[0]!).fill(1));
  return losses.graph.apply(hardestOp, [losses, weights ?? all()], { share })[0]!;
}
