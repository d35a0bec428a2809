// ReLU with a trained slope below zero for each channel (He, Zhang, Ren and Sun 2015).

import type { OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { ShapeError, tensorType } from '../tensor/type.js';
import { add, multiply, type NoAttributes, none, reluGradient, subtract } from './elementwise.js';
import { reshape } from './shaping.js';
import { reduceSum } from './sum.js';

/** The shape in which a slope for each channel broadcasts against x, [N, C] or [N, C, H, W]. */
const slopeShape = (x: readonly number[]): number[] => [x[1]!, ...x.slice(2).map(() => 1)];

/** x [N, C, ...] and slope [C]: x above 0, else slope x. */
export const preluOp: OpDefinition<NoAttributes> = {
  name: 'PRelu',
  types([x, slope]) {
    if (x === undefined || x.shape.length < 2)
      throw new ShapeError('needs an input with channels, [N, C, ...].');
    if (slope?.shape.length !== 1 || slope.shape[0] !== x.shape[1])
      throw new ShapeError(`needs a slope of ${x.shape[1]} elements, one per channel.`);
    return [tensorType('float32', x.shape)];
  },
  lower({ onnx, name, provider }, node) {
    const [x, slope] = node.inputs.map(name);
    const outputs = node.outputs.map(name);
    const shape = slopeShape(node.inputs[0]!.shape);
    const spread = shape.length === 1 ? slope! : onnx.node('Reshape', [slope!, onnx.integers(...shape)]);
    if (provider !== 'webgpu') {
      onnx.addNode('PRelu', [x!, spread], outputs);
      return;
    }
    // The WebGPU provider has no PRelu.
    const positive = onnx.node('Relu', [x!]);
    const negative = onnx.node('Mul', [onnx.node('Sub', [x!, positive]), spread]);
    onnx.addNode('Add', [positive, negative], outputs);
  },
  // With dy split by the sign of x: dx = dy+ + slope dy-, dslope = sum(dy- x).
  gradient({ inputs: [x, slope], outputGradients: [dy], needs }) {
    const above = reluGradient(dy!, x!);
    const below = subtract(dy!, above);
    const axes = x!.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
    return [
      needs[0] ? add(above, multiply(below, reshape(slope!, slopeShape(x!.shape)))) : null,
      needs[1] ? reduceSum(multiply(below, x!), axes) : null,
    ];
  },
  reference([x, slope]) {
    return [
      NdArray.build(x!.shape, (index) => {
        const value = x!.at(index);
        return value > 0 ? value : value * slope!.data[index[1]!]!;
      }),
    ];
  },
  cases: [
    { name: 'images', inputs: [[2, 3, 2, 4], [3]], attributes: none },
    { name: 'matrix', inputs: [[4, 3], [3]], attributes: none },
  ],
};

/** x [N, C, ...] where it is above 0, else times the slope [C] of its channel. */
export const prelu = (x: Value, slope: Value): Value => x.graph.apply(preluOp, [x, slope], none)[0]!;
