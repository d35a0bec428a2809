import { describe, expect, it } from 'vitest';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { divideValue, editMetadata, serializeModel, storeAsFloat16, storedTensors } from './edit.js';
import { OnnxGraph, parseModel, readMetadata } from './model.js';

/** y = x + bias, z = 2 y; a bias of eight values. */
function example(bias: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8]) {
  const onnx = new OnnxGraph('example');
  onnx.input('x', 'float32', ['N', 8]);
  onnx.initializer('bias', floatTensor([8], bias));
  onnx.initializer('two', floatTensor([], [2]));
  onnx.addNode('Add', ['x', 'bias'], ['y']);
  onnx.addNode('Mul', ['y', 'two'], ['z']);
  onnx.output('y', 'float32', ['N', 8]);
  onnx.output('z', 'float32', ['N', 8]);
  // As a file is read: a Buffer, whose slices share its memory at any address.
  return parseModel(Buffer.from(onnx.toBytes({ name: 'ferlab', version: '1' }, { a: '1', b: '2' })));
}

async function outputs(model: ReturnType<typeof example>) {
  const session = await openSession(serializeModel(model), { threads: 1 });
  const { y, z } = await session.run({ x: floatTensor([1, 8], new Float32Array(8)) });
  await session.close();
  return { y: [...y!.data], z: [...z!.data] };
}

describe('divideValue', () => {
  it('divides what the graph gives and what reads it, and again from the original value', async () => {
    const model = example();
    for (const divisor of [4, 2, 1]) {
      divideValue(model, 'y', 'divisor', divisor);
      const { y, z } = await outputs(model);
      expect(y).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((value) => value / divisor));
      expect(z).toEqual(y.map((value) => 2 * Number(value)));
    }
    expect(model.graph!.node).toHaveLength(3);
  });

  it('refuses a value that no node makes', () => {
    expect(() => divideValue(example(), 'w', 'divisor', 2)).toThrow(/expected a node that makes w/);
  });
});

describe('storedTensors', () => {
  it('are float32 under their names, however they are stored', () => {
    const model = example([1, 2, 3, 4, 5, 6, 7, 1 / 3]);
    const exact = storedTensors(model);
    expect(Object.keys(exact)).toEqual(['bias', 'two']);
    expect([...exact.bias!.data]).toEqual([1, 2, 3, 4, 5, 6, 7, Math.fround(1 / 3)]);
    expect(exact.two).toEqual(floatTensor([], [2]));
    storeAsFloat16(model, 8);
    const { bias } = storedTensors(model);
    expect(bias!.type.shape).toEqual([8]);
    expect([...bias!.data].slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(bias!.data[7]).toBe(1365 / 4096); // the half-precision number nearest to a third
  });
});

describe('storeAsFloat16', () => {
  it('halves the large tensors and keeps the rest exact', async () => {
    const model = example([1, 2, 3, 4, 5, 6, 7, 1 / 3]);
    expect(storeAsFloat16(model, 8)).toBe(1);
    expect(model.graph!.initializer.map(({ name, rawData }) => [name, rawData.length])).toEqual([
      ['bias_float16', 16],
      ['two', 4],
    ]);
    const { y } = await outputs(model);
    expect(y.slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(Math.abs(Number(y[7]) - 1 / 3)).toBeLessThan(2 ** -12);
    expect(y[7]).not.toBe(Math.fround(1 / 3));
    expect(storeAsFloat16(model, 8)).toBe(0);
  });

  it('leaves small tensors, and those with values that float16 lacks', () => {
    expect(storeAsFloat16(example(), 9)).toBe(0);
    expect(storeAsFloat16(example([1e5, 2, 3, 4, 5, 6, 7, 8]), 8)).toBe(0);
  });
});

describe('editMetadata', () => {
  it('replaces, adds and takes out entries, and keeps the rest', () => {
    const model = example();
    editMetadata(model, { b: '3', c: '4' });
    expect(readMetadata(model)).toEqual({ a: '1', b: '3', c: '4' });
    editMetadata(model, { a: null, missing: null });
    expect(readMetadata(parseModel(serializeModel(model)))).toEqual({ b: '3', c: '4' });
  });
});
