import { expect, it } from 'vitest';
import { tensorType } from '../tensor/type.js';
import { checkGraph } from './check.js';
import { OnnxGraph } from './model.js';

/** A graph that enlarges its input again and again, by stored factors or by computed ones. */
function enlarging(factors: readonly number[], stored = true): Uint8Array {
  const onnx = new OnnxGraph('enlarging');
  let value = onnx.input('x', 'float32', [1, 1, 'height', 'width']);
  for (const factor of factors) {
    const data = Float32Array.of(1, 1, factor, factor);
    const scales = onnx.initializer(onnx.fresh('scales'), { type: tensorType('float32', [4]), data });
    value = onnx.node('Resize', [value, '', stored ? scales : onnx.node('Neg', [scales])], {
      mode: 'nearest',
    });
  }
  onnx.addNode('Identity', [value], ['y']);
  onnx.output('y', 'float32', [1, 1, 'h', 'w']);
  return onnx.toBytes();
}

it('lets a graph enlarge as much as a pyramid of features needs, and no more', () => {
  expect(checkGraph(enlarging([2, 2, 2, 2]))).toHaveProperty('outline');
  expect(checkGraph(enlarging([0.5, 2]))).toHaveProperty('outline');
  expect(checkGraph(enlarging([2, 2, 2, 2, 2]))).toEqual({
    problem: expect.stringMatching(/enlarge by 1024 in all/),
  });
  expect(checkGraph(enlarging([1000]))).toEqual({
    problem: expect.stringMatching(/enlarge by 1000000 in all/),
  });
  expect(checkGraph(enlarging([-1]))).toEqual({ problem: expect.stringMatching(/out of range \(-1\)/) });
  expect(checkGraph(enlarging([Number.NaN]))).toEqual({
    problem: expect.stringMatching(/out of range \(NaN\)/),
  });
  expect(checkGraph(enlarging([2], false))).toEqual({
    problem: expect.stringMatching(/factors that aren't stored/),
  });
});
