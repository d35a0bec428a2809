// Images enlarged by a whole factor, each pixel repeated (nearest neighbour).

import type { OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { ShapeError, tensorType } from '../tensor/type.js';
import { averagePool } from './average-pool.js';
import { multiply, scalar } from './elementwise.js';

export interface ResizeAttributes {
  /** How often each pixel is repeated, in rows and columns; from 2. */
  factor: number;
}

/** [N, C, H, W] to [N, C, factor H, factor W]. */
export const resizeOp: OpDefinition<ResizeAttributes> = {
  name: 'Resize',
  types([x], { factor }) {
    if (x?.shape.length !== 4) throw new ShapeError('needs images [N, C, H, W].');
    if (!Number.isInteger(factor) || factor < 2)
      throw new ShapeError(`needs a whole factor from 2, got ${factor}.`);
    const [images, channels, height, width] = x.shape as [number, number, number, number];
    return [tensorType('float32', [images, channels, height * factor, width * factor])];
  },
  lower({ onnx, name }, node) {
    const { factor } = node.attributes;
    const scales = onnx.constant('float32', [4], [1, 1, factor, factor]);
    onnx.addNode('Resize', [name(node.inputs[0]!), '', scales], node.outputs.map(name), {
      mode: 'nearest',
      nearest_mode: 'floor',
      coordinate_transformation_mode: 'asymmetric',
    });
  },
  // The sum over each block.
  gradient({ attributes: { factor }, outputGradients: [dy] }) {
    const block = [factor, factor] as const;
    const means = averagePool(dy!, { kernel: block, strides: block, pads: [0, 0, 0, 0] });
    return [multiply(means, scalar(means, factor * factor))];
  },
  reference([x], { factor }) {
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    return [
      NdArray.build([images, channels, height * factor, width * factor], ([n, c, row, column]) =>
        x!.at([n!, c!, Math.floor(row! / factor), Math.floor(column! / factor)]),
      ),
    ];
  },
  cases: [
    { name: 'twice', inputs: [[2, 3, 2, 5]], attributes: { factor: 2 } },
    { name: 'three times', inputs: [[1, 2, 3, 1]], attributes: { factor: 3 } },
  ],
};

/** Images [N, C, H, W] enlarged by a whole factor, each pixel repeated. */
export function enlarge(x: Value, factor: number): Value {
  return x.graph.apply(resizeOp, [x], { factor })[0]!;
}
