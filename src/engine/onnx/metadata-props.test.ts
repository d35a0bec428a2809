import { expect, it } from 'vitest';
import { readMetadataProps } from './metadata-props.js';
import { OnnxGraph } from './model.js';

function modelBytes(metadata: Record<string, string>): Uint8Array {
  const onnx = new OnnxGraph('test');
  const x = onnx.input('x', 'float32', ['N', 2]);
  onnx.addNode('Mul', [x, onnx.scalar(3)], ['y']);
  onnx.output('y', 'float32', ['N', 2]);
  return onnx.toBytes({ name: 'test', version: '1' }, metadata);
}

it('reads what was written', () => {
  const metadata = { 'ferlab.a': '"x"', empty: '', accents: '"fröhlich 😀"', long: 'x'.repeat(70_000) };
  expect(readMetadataProps(modelBytes(metadata))).toEqual(metadata);
  expect(readMetadataProps(modelBytes({}))).toEqual({});
  expect(readMetadataProps(new Uint8Array(0))).toEqual({});
});

it('refuses what ends too early, and what is no such message', () => {
  const bytes = modelBytes({ a: 'b' });
  expect(() => readMetadataProps(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError);
  for (const text of ['not a model', '<svg>'])
    expect(() => readMetadataProps(new TextEncoder().encode(text))).toThrow(RangeError);
  expect(() => readMetadataProps(new Uint8Array(20).fill(255))).toThrow(/more than ten bytes/);
});
