// The largest of several tensors, element by element.

import type { OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { ShapeError, sameShape } from '../tensor/type.js';
import { type NoAttributes, none } from './elementwise.js';

/** ONNX's number of float32 (TensorProto.DataType). */
const float = 1;

/** x0, x1, ... of one shape -> the largest of each element. */
export const maximumOp: OpDefinition<NoAttributes> = {
  name: 'Max',
  types(types) {
    const [first, ...rest] = types;
    if (first === undefined) throw new ShapeError('needs at least one input.');
    if (types.some(({ dtype }) => dtype !== 'float32')) throw new ShapeError('needs float32 inputs.');
    if (rest.some(({ shape }) => !sameShape(shape, first.shape)))
      throw new ShapeError('needs inputs of one shape.');
    return [first];
  },
  lower({ onnx, name, provider }, node) {
    const inputs = node.inputs.map(name);
    const [first, ...rest] = inputs;
    // The WebGPU provider's Max takes two.
    const pair = () => [
      rest.slice(0, -1).reduce((a, b) => onnx.node('Max', [a, b]), first!),
      ...rest.slice(-1),
    ];
    onnx.addNode('Max', provider === 'cpu' ? inputs : pair(), node.outputs.map(name));
  },
  gradient({ inputs, outputs: [y], outputGradients: [dy] }) {
    return dy!.graph.apply(maximumGradientOp, [dy!, y!, ...inputs], none);
  },
  reference(inputs) {
    const { shape, data } = inputs[0]!;
    return [
      NdArray.from(
        shape,
        data.map((_, i) => Math.max(...inputs.map((input) => input.data[i]!))),
      ),
    ];
  },
  cases: [
    {
      name: 'four',
      inputs: [
        [2, 3],
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      attributes: none,
    },
    {
      name: 'two',
      inputs: [[4], [4]],
      attributes: none,
    },
    { name: 'one', inputs: [[3]], attributes: none },
  ],
};

/** dy, the largest, x0, x1, ... -> dx0, dx1, ...: dy goes to the first of the largest, as in max pooling. */
export const maximumGradientOp: OpDefinition<NoAttributes> = {
  name: 'MaxGradient',
  types([dy, y, ...inputs]) {
    if (inputs.length === 0) throw new ShapeError('needs dy, the largest and at least one input.');
    if ([y, ...inputs].some((type) => !sameShape(type!.shape, dy!.shape)))
      throw new ShapeError('needs inputs of one shape.');
    return inputs;
  },
  lower({ onnx, name }, node) {
    const [dy, y, ...inputs] = node.inputs.map(name);
    const outputs = node.outputs.map(name);
    // What is left of dy goes on to the next one, so that no two get it. Products, for Where isn't vectorised.
    let rest = dy!;
    inputs.slice(0, -1).forEach((input, i) => {
      const wins = onnx.node('Cast', [onnx.node('Equal', [input, y!])], { to: float });
      onnx.addNode('Mul', [rest, wins], [outputs[i]!]);
      rest = onnx.node('Sub', [rest, outputs[i]!]);
    });
    onnx.addNode('Identity', [rest], [outputs.at(-1)!]); // which the runtime leaves out
  },
  gradient: null,
  reference([dy, y, ...inputs]) {
    const winner = dy!.data.map((_, i) => inputs.findIndex((input) => input.data[i] === y!.data[i]));
    return inputs.map(({ shape }, which) =>
      NdArray.from(
        shape,
        dy!.data.map((value, i) => (winner[i] === which ? value : 0)),
      ),
    );
  },
  // Tested as the gradient of Max: its second input has to be the largest.
  cases: [],
};

/** The largest of several tensors of one shape, element by element. */
export function maximum(inputs: readonly [Value, ...Value[]]): Value {
  return inputs[0].graph.apply(maximumOp, inputs, none)[0]!;
}
