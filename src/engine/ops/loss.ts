// Cross-entropy on logits: categorical with soft labels, and the accuracy that goes with it, and binary.

import { argmax } from '../../math/argmax.js';
import { softmax as softmaxOfRow } from '../../math/softmax.js';
import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { ShapeError, sameShape, type TensorType, tensorType } from '../tensor/type.js';
import { multiply, type NoAttributes, none, sigmoid, subtract } from './elementwise.js';
import { reshape } from './shaping.js';
import { reduceSum } from './sum.js';

function requireMatrices(types: readonly TensorType[]): void {
  const shape = types[0]!.shape;
  if (shape.length !== 2 || types.some((type) => !sameShape(type.shape, shape))) {
    throw new ShapeError('needs matrices of one shape, [N, classes].');
  }
}

function softmaxRows(x: NdArray): NdArray {
  const [rows, columns] = x.shape as [number, number];
  const result = new NdArray(x.shape);
  for (let i = 0; i < rows; i++) {
    result.data.set(softmaxOfRow(x.data.subarray(i * columns, (i + 1) * columns)), i * columns);
  }
  return result;
}

/** Softmax over the last axis of [N, classes]. */
export const softmaxOp: OpDefinition<NoAttributes> = {
  name: 'Softmax',
  types(types) {
    requireMatrices(types);
    return [types[0]!];
  },
  lower({ onnx, name }, node) {
    onnx.addNode('Softmax', node.inputs.map(name), node.outputs.map(name), { axis: -1 });
  },
  // dx = y (dy - sum(dy y))
  gradient({ outputs: [y], outputGradients: [dy] }) {
    return [multiply(y!, subtract(dy!, reduceSum(multiply(dy!, y!), [1], true)))];
  },
  reference([x]) {
    return [softmaxRows(x!)];
  },
  cases: [{ name: 'rows', inputs: [[3, 4]], attributes: none }],
};

/**
 * Cross-entropy of softmax(logits) against targets, per row: loss [N] = -sum(targets log softmax(logits)).
 * Targets are probabilities [N, classes] (one-hot, smoothed or soft); no gradient flows to them.
 */
export const softmaxCrossEntropyOp: OpDefinition<NoAttributes> = {
  name: 'SoftmaxCrossEntropy',
  types(types) {
    requireMatrices(types);
    return [tensorType('float32', [types[0]!.shape[0]!])];
  },
  lower(context, node) {
    const { onnx, name } = context;
    const [logits, targets] = node.inputs.map(name);
    const product = onnx.node('Mul', [lowerLogSoftmax(context, logits!), targets!]);
    const sum = onnx.node('ReduceSum', [product, onnx.integers(1)], { keepdims: 0 });
    onnx.addNode('Neg', [sum], node.outputs.map(name));
  },
  // dlogits = (softmax(logits) sum(targets) - targets) dloss
  gradient({ inputs: [logits, targets], outputGradients: [dy] }) {
    const total = reduceSum(targets!, [1], true);
    const difference = subtract(multiply(softmax(logits!), total), targets!);
    return [multiply(difference, reshape(dy!, [dy!.shape[0]!, 1])), null];
  },
  nonDifferentiable: [1],
  reference([logits, targets]) {
    const probabilities = softmaxRows(logits!);
    const [rows, columns] = logits!.shape as [number, number];
    const loss = new NdArray([rows]);
    for (let i = 0; i < rows * columns; i++) {
      loss.data[Math.floor(i / columns)]! -= targets!.data[i]! * Math.log(probabilities.data[i]!);
    }
    return [loss];
  },
  cases: [
    {
      name: 'soft labels',
      inputs: [
        [3, 4],
        [3, 4],
      ],
      attributes: none,
      draw: 'probabilities',
    },
  ],
};

/** The WebGPU provider has no LogSoftmax: there it is x - max - log(sum(exp(x - max))). */
function lowerLogSoftmax({ onnx, provider }: LoweringContext, logits: string): string {
  if (provider === 'cpu') return onnx.node('LogSoftmax', [logits], { axis: -1 });
  const centred = onnx.node('Sub', [logits, onnx.node('ReduceMax', [logits, onnx.integers(1)])]);
  const sum = onnx.node('ReduceSum', [onnx.node('Exp', [centred]), onnx.integers(1)]);
  return onnx.node('Sub', [centred, onnx.node('Log', [sum])]);
}

/** 1 where the largest logit and the largest target are of the same class, else 0: [N]. */
export const categoricalMatchOp: OpDefinition<NoAttributes> = {
  name: 'CategoricalMatch',
  types(types) {
    requireMatrices(types);
    return [tensorType('float32', [types[0]!.shape[0]!])];
  },
  // 1 where a row has its maximum, for both; they match where the products have a 1. In arithmetic alone, since not
  // every provider has ArgMax and comparisons. Rows with several equal maxima match by any of them.
  lower({ onnx, name }, node) {
    const [a, b] = node.inputs.map((input) => {
      const short = onnx.node('Sub', [onnx.node('ReduceMax', [name(input), onnx.integers(1)]), name(input)]);
      const below = onnx.node('Clip', [
        onnx.node('Mul', [short, onnx.scalar(1e30)]),
        onnx.scalar(0),
        onnx.scalar(1),
      ]);
      return onnx.node('Sub', [onnx.scalar(1), below]);
    });
    onnx.addNode('ReduceMax', [onnx.node('Mul', [a!, b!]), onnx.integers(1)], node.outputs.map(name), {
      keepdims: 0,
    });
  },
  gradient: null,
  reference(inputs) {
    const [rows, columns] = inputs[0]!.shape as [number, number];
    const best = inputs.map((input) =>
      Array.from({ length: rows }, (_, i) => argmax(input.data.subarray(i * columns, (i + 1) * columns))),
    );
    return [
      NdArray.from(
        [rows],
        best[0]!.map((index, i) => (index === best[1]![i] ? 1 : 0)),
      ),
    ];
  },
  cases: [
    {
      name: 'rows',
      inputs: [
        [6, 3],
        [6, 3],
      ],
      attributes: none,
    },
  ],
};

/**
 * Binary cross-entropy of sigmoid(logits) against targets, element by element: log(1 + exp(logits)) - targets logits, which
 * is finite for logits of any size. Targets are probabilities; no gradient flows to them.
 */
export const sigmoidCrossEntropyOp: OpDefinition<NoAttributes> = {
  name: 'SigmoidCrossEntropy',
  types(types) {
    const [logits, targets] = types;
    if (types.some(({ dtype }) => dtype !== 'float32')) throw new ShapeError('needs float32 inputs.');
    if (!logits || !targets || !sameShape(logits.shape, targets.shape))
      throw new ShapeError('needs logits and targets of one shape.');
    return [logits];
  },
  lower(context, node) {
    const { onnx, name } = context;
    const [logits, targets] = node.inputs.map(name);
    const product = onnx.node('Mul', [logits!, targets!]);
    onnx.addNode('Sub', [lowerSoftplus(context, logits!), product], node.outputs.map(name));
  },
  // dlogits = (sigmoid(logits) - targets) dloss
  gradient({ inputs: [logits, targets], outputGradients: [dy] }) {
    return [multiply(subtract(sigmoid(logits!), targets!), dy!), null];
  },
  nonDifferentiable: [1],
  reference([logits, targets]) {
    const loss = (x: number, target: number): number =>
      Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) - x * target;
    return [
      new NdArray(
        logits!.shape,
        logits!.data.map((x, i) => loss(x, targets!.data[i]!)),
      ),
    ];
  },
  cases: [
    {
      name: 'soft targets',
      inputs: [
        [3, 4],
        [3, 4],
      ],
      attributes: none,
      draw: 'probabilities',
    },
    { name: 'large logits', inputs: [[21], [21]], attributes: none, draw: 'distinct' },
  ],
};

/** log(1 + exp(x)). For GPUs max(x, 0) + log(1 + exp(-|x|)), of operators that all providers have. */
function lowerSoftplus({ onnx, provider }: LoweringContext, x: string): string {
  if (provider === 'cpu') return onnx.node('Softplus', [x]);
  const small = onnx.node('Exp', [onnx.node('Neg', [onnx.node('Abs', [x])])]);
  const rest = onnx.node('Log', [onnx.node('Add', [small, onnx.scalar(1)])]);
  return onnx.node('Add', [onnx.node('Relu', [x]), rest]);
}

export const softmax = (x: Value): Value => x.graph.apply(softmaxOp, [x], none)[0]!;
export const softmaxCrossEntropy = (logits: Value, targets: Value): Value =>
  logits.graph.apply(softmaxCrossEntropyOp, [logits, targets], none)[0]!;
export const categoricalMatch = (logits: Value, targets: Value): Value =>
  logits.graph.apply(categoricalMatchOp, [logits, targets], none)[0]!;
/** Binary cross-entropy of each element: logits and targets (from 0 to 1) of one shape. */
export const sigmoidCrossEntropy = (logits: Value, targets: Value): Value =>
  logits.graph.apply(sigmoidCrossEntropyOp, [logits, targets], none)[0]!;
