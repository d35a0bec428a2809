// Means over axes. A file of its own, for its gradient multiplies, and the gradient of a multiplication sums.

import type { OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { elementCount } from '../tensor/type.js';
import { multiply, scalar } from './elementwise.js';
import { type ReductionAttributes, reducedShape, reduceSumOp, spread } from './sum.js';

/** What every element counts for in its mean. */
const share = (shape: readonly number[], attributes: ReductionAttributes): number =>
  elementCount(reducedShape(shape, attributes)) / elementCount(shape);

export const reduceMeanOp: OpDefinition<ReductionAttributes> = {
  ...reduceSumOp,
  name: 'ReduceMean',
  gradient({ inputs: [x], attributes, outputGradients: [dy] }) {
    const scaled = multiply(dy!, scalar(dy!, share(x!.shape, attributes)));
    return [spread(scaled, x!.shape, attributes)];
  },
  reference([x], attributes) {
    const [sum] = reduceSumOp.reference([x!], attributes);
    const scale = share(x!.shape, attributes);
    return [
      new NdArray(
        sum!.shape,
        sum!.data.map((value) => value * scale),
      ),
    ];
  },
};

/** Mean over `axes`. */
export function reduceMean(x: Value, axes: readonly number[], keepDims = false): Value {
  return x.graph.apply(reduceMeanOp, [x], { axes, keepDims })[0]!;
}
