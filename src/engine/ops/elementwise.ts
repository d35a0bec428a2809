// Operators that work element by element, with ONNX's broadcasting for two operands.

import type { GradientRequest, OpCase, OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { broadcastShapes, ShapeError, sameShape, type TensorType, tensorType } from '../tensor/type.js';
import { reduceToShape } from './sum.js';

export type NoAttributes = Record<string, never>;
export const none: NoAttributes = {};

function requireFloat(types: readonly TensorType[], count: number): void {
  if (types.length !== count) throw new ShapeError(`needs ${count} inputs, got ${types.length}.`);
  for (const type of types) if (type.dtype !== 'float32') throw new ShapeError('needs float32 inputs.');
}

const broadcastCases: readonly OpCase<NoAttributes>[] = [
  {
    name: 'same shape',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    attributes: none,
    draw: 'positive',
  },
  {
    name: 'per channel',
    inputs: [
      [2, 3, 2, 2],
      [3, 1, 1],
    ],
    attributes: none,
    draw: 'positive',
  },
  { name: 'scalar', inputs: [[2, 3], []], attributes: none, draw: 'positive' },
  {
    name: 'both broadcast',
    inputs: [
      [2, 1, 4],
      [3, 1],
    ],
    attributes: none,
    draw: 'positive',
  },
];

function binary(
  name: string,
  compute: (a: number, b: number) => number,
  gradient: (request: GradientRequest<NoAttributes>, dy: Value) => (Value | null)[],
): OpDefinition<NoAttributes> {
  return {
    name,
    types(types) {
      requireFloat(types, 2);
      return [tensorType('float32', broadcastShapes(types[0]!.shape, types[1]!.shape))];
    },
    lower({ onnx, name: nameOf }, node) {
      onnx.addNode(name, node.inputs.map(nameOf), node.outputs.map(nameOf));
    },
    gradient(request) {
      return gradient(request, request.outputGradients[0]!);
    },
    reference([a, b]) {
      const shape = broadcastShapes(a!.shape, b!.shape);
      return [NdArray.build(shape, (index) => compute(a!.broadcastAt(index), b!.broadcastAt(index)))];
    },
    cases: broadcastCases,
  };
}

export const addOp = binary(
  'Add',
  (a, b) => a + b,
  ({ inputs, needs }, dy) => inputs.map((input, i) => (needs[i] ? reduceToShape(dy, input.shape) : null)),
);

export const subtractOp = binary(
  'Sub',
  (a, b) => a - b,
  ({ inputs: [a, b], needs }, dy) => [
    needs[0] ? reduceToShape(dy, a!.shape) : null,
    needs[1] ? reduceToShape(negate(dy), b!.shape) : null,
  ],
);

export const multiplyOp = binary(
  'Mul',
  (a, b) => a * b,
  // d(ab) = b da + a db
  ({ inputs: [a, b], needs }, dy) => [
    needs[0] ? reduceToShape(multiply(dy, b!), a!.shape) : null,
    needs[1] ? reduceToShape(multiply(dy, a!), b!.shape) : null,
  ],
);

export const divideOp = binary(
  'Div',
  (a, b) => a / b,
  // d(a/b) = da / b - (a/b) db / b
  ({ inputs: [a, b], outputs: [y], needs }, dy) => {
    const da = divide(dy, b!);
    return [
      needs[0] ? reduceToShape(da, a!.shape) : null,
      needs[1] ? reduceToShape(negate(multiply(da, y!)), b!.shape) : null,
    ];
  },
);

/** The smaller of two values; at a tie the gradient goes to the first. Used for clipping factors. */
export const minimumOp = binary('Min', Math.min, ({ inputs: [a, b], outputs: [y], needs }, dy) => {
  // The first operand is the minimum where a - y = 0; sign of that difference is 0 or 1.
  const second = sign(subtract(a!, y!));
  return [
    needs[0] ? reduceToShape(subtract(dy, multiply(dy, second)), a!.shape) : null,
    needs[1] ? reduceToShape(multiply(dy, second), b!.shape) : null,
  ];
});

const unaryCases: readonly OpCase<NoAttributes>[] = [
  { name: 'vector', inputs: [[7]], attributes: none },
  { name: 'image', inputs: [[2, 3, 2, 2]], attributes: none },
];
const positiveCases = unaryCases.map((testCase) => ({ ...testCase, draw: 'positive' as const }));

function unary(
  name: string,
  compute: (x: number) => number,
  gradient: (x: Value, y: Value, dy: Value) => Value | null,
  cases: readonly OpCase<NoAttributes>[] = unaryCases,
): OpDefinition<NoAttributes> {
  return {
    name,
    types(types) {
      requireFloat(types, 1);
      return [types[0]!];
    },
    lower({ onnx, name: nameOf }, node) {
      onnx.addNode(name, node.inputs.map(nameOf), node.outputs.map(nameOf));
    },
    gradient({ inputs: [x], outputs: [y], outputGradients: [dy] }) {
      return [gradient(x!, y!, dy!)];
    },
    reference([x]) {
      return [new NdArray(x!.shape, x!.data.map(compute))];
    },
    cases,
  };
}

export const negateOp = unary(
  'Neg',
  (x) => -x,
  (_x, _y, dy) => negate(dy),
);
/** d sqrt(x) = dx / (2 sqrt(x)) */
export const squareRootOp = unary(
  'Sqrt',
  Math.sqrt,
  (_x, y, dy) => divide(multiply(dy, scalar(dy, 0.5)), y),
  positiveCases,
);
/** d exp(x) = exp(x) dx */
export const exponentialOp = unary('Exp', Math.exp, (_x, y, dy) => multiply(dy, y));
/** Piecewise constant: its gradient is zero, so no gradient flows. */
export const signOp: OpDefinition<NoAttributes> = {
  ...unary('Sign', Math.sign, () => null),
  nonDifferentiable: [0],
  lower({ onnx, name, provider }, node) {
    const [x] = node.inputs.map(name);
    const outputs = node.outputs.map(name);
    if (provider === 'cpu') onnx.addNode('Sign', [x!], outputs);
    // The WebGPU provider has no Sign.
    else
      onnx.addNode(
        'Clip',
        [onnx.node('Mul', [x!, onnx.scalar(1e38)]), onnx.scalar(-1), onnx.scalar(1)],
        outputs,
      );
  },
};
/** d sigmoid = y (1 - y) dx */
export const sigmoidOp = unary(
  'Sigmoid',
  (x) => 1 / (1 + Math.exp(-x)),
  (_x, y, dy) => multiply(dy, subtract(y, multiply(y, y))),
);
export const reluOp = unary(
  'Relu',
  (x) => Math.max(x, 0),
  (_x, y, dy) => reluGradient(dy, y),
);

/** dy where the ReLU's output y is above 0, else 0. */
export const reluGradientOp: OpDefinition<NoAttributes> = {
  name: 'ReluGradient',
  types(types) {
    requireFloat(types, 2);
    if (!sameShape(types[0]!.shape, types[1]!.shape)) throw new ShapeError('needs two inputs of one shape.');
    return [types[0]!];
  },
  lower({ onnx, name }, node) {
    const [dy, y] = node.inputs.map(name);
    // Where(Greater(...)) runs on one thread in ONNX Runtime's CPU provider; arithmetic runs on all.
    const steep = onnx.node('Mul', [y!, onnx.scalar(1e30)]);
    const mask = onnx.node('Clip', [steep, onnx.scalar(0), onnx.scalar(1)]);
    onnx.addNode('Mul', [dy!, mask], node.outputs.map(name));
  },
  gradient: null,
  reference([dy, y]) {
    return [
      new NdArray(
        dy!.shape,
        dy!.data.map((value, i) => (y!.data[i]! > 0 ? value : 0)),
      ),
    ];
  },
  cases: [
    {
      name: 'matrix',
      inputs: [
        [3, 5],
        [3, 5],
      ],
      attributes: none,
    },
  ],
};

/** A scalar constant in the graph of `like`. */
export function scalar(like: Value, value: number): Value {
  return like.graph.constant(tensorType('float32', []), Float32Array.of(value));
}

export const add = (a: Value, b: Value): Value => a.graph.apply(addOp, [a, b], none)[0]!;
export const subtract = (a: Value, b: Value): Value => a.graph.apply(subtractOp, [a, b], none)[0]!;
export const multiply = (a: Value, b: Value): Value => a.graph.apply(multiplyOp, [a, b], none)[0]!;
export const divide = (a: Value, b: Value): Value => a.graph.apply(divideOp, [a, b], none)[0]!;
export const minimum = (a: Value, b: Value): Value => a.graph.apply(minimumOp, [a, b], none)[0]!;
const negate = (x: Value): Value => x.graph.apply(negateOp, [x], none)[0]!;
export const squareRoot = (x: Value): Value => x.graph.apply(squareRootOp, [x], none)[0]!;
export const exponential = (x: Value): Value => x.graph.apply(exponentialOp, [x], none)[0]!;
export const sign = (x: Value): Value => x.graph.apply(signOp, [x], none)[0]!;
export const sigmoid = (x: Value): Value => x.graph.apply(sigmoidOp, [x], none)[0]!;
export const relu = (x: Value): Value => x.graph.apply(reluOp, [x], none)[0]!;
/** dy where y, the ReLU's input or output, is above 0, else 0. */
export const reluGradient = (dy: Value, y: Value): Value => dy.graph.apply(reluGradientOp, [dy, y], none)[0]!;
