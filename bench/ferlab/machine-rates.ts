// What the machine can do at most, through ONNX Runtime itself: a large matrix product, and passes over a large
// tensor.

import { OnnxGraph } from '../../dist/engine/onnx/model.js';
import { type TensorType, tensorType } from '../../dist/engine/tensor/type.js';
import type { MeasuredOperator } from './operators.js';

function machineOperator(
  name: string,
  bound: MeasuredOperator['bound'],
  opType: string,
  type: TensorType,
  secondInput: 'tensor' | 'scalar' | null,
  work: { flops: number; bytes: number },
): MeasuredOperator {
  const onnx = new OnnxGraph('rate');
  const inputs = [onnx.input('a', 'float32', type.shape)];
  if (secondInput === 'tensor') inputs.push(onnx.input('b', 'float32', type.shape));
  if (secondInput === 'scalar') inputs.push(onnx.scalar(1));
  onnx.addNode(opType, inputs, ['y']);
  onnx.output('y', 'float32', type.shape);
  const types = { a: type, y: type, ...(secondInput === 'tensor' ? { b: type } : {}) };
  return { name, times: 1, bound, forward: { model: onnx.toBytes(), types, ...work }, backward: null };
}

/** A product of two square matrices. */
export function matrixProduct(size: number): MeasuredOperator {
  const type = tensorType('float32', [size, size]);
  const work = { flops: 2 * size ** 3, bytes: 3 * 4 * size ** 2 };
  return machineOperator(`MatMul of ${size} x ${size}`, 'arithmetic', 'MatMul', type, 'tensor', work);
}

/** Passes over a tensor of so many floats: `Add` of a constant by all threads, and `Identity`, a plain copy. */
export function memoryPasses(elements: number): MeasuredOperator[] {
  const type = tensorType('float32', [elements]);
  const work = { flops: 0, bytes: 2 * 4 * elements };
  const size = `${Math.round((4 * elements) / 1e6)} MB`;
  return [
    machineOperator(`Add of a constant to ${size}`, 'memory', 'Add', type, 'scalar', work),
    machineOperator(`Identity of ${size}`, 'memory', 'Identity', type, null, work),
  ];
}
