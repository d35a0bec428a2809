import { describe, expect, it } from 'vitest';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { OnnxGraph, parseModel, readMetadata } from './model.js';

function addingGraph(): OnnxGraph {
  const onnx = new OnnxGraph('adding');
  onnx.input('x', 'float32', ['N', 2]);
  onnx.initializer('bias', floatTensor([2], [10, 20]));
  onnx.addNode('Add', ['x', 'bias'], ['y']);
  onnx.output('y', 'float32', ['N', 2]);
  return onnx;
}

describe('OnnxGraph', () => {
  it('writes a file that ONNX Runtime runs, with any size of a named axis', async () => {
    const session = await openSession(addingGraph().toBytes(), { threads: 1 });
    expect(session.inputs).toEqual(['x']);
    for (const rows of [1, 3]) {
      const { y } = await session.run({ x: floatTensor([rows, 2], new Float32Array(rows * 2).fill(1)) });
      expect(y!.type.shape).toEqual([rows, 2]);
      expect([...y!.data].slice(0, 2)).toEqual([11, 21]);
    }
    await session.close();
  });

  it('reads back metadata, tensors and producer', () => {
    const bytes = addingGraph().toBytes(
      { name: 'ferlab', version: '1.2.3' },
      { 'ferlab.classes': '["a","b"]' },
    );
    const model = parseModel(bytes);
    expect(readMetadata(model)).toEqual({ 'ferlab.classes': '["a","b"]' });
    expect([model.producerName, model.producerVersion]).toEqual(['ferlab', '1.2.3']);
    expect(model.graph!.initializer.map(({ name, dims }) => [name, dims])).toEqual([['bias', [2n]]]);
  });

  it('stores equal constants once', () => {
    const onnx = new OnnxGraph('constants');
    expect(onnx.scalar(0.5)).toBe(onnx.scalar(0.5));
    expect(onnx.scalar(0.5)).not.toBe(onnx.scalar(0.25));
    expect(onnx.integers(1)).not.toBe(onnx.constant('float32', [1], [1]));
  });

  it('declares the domain of contributed operators only where one is used', () => {
    const domains = (onnx: OnnxGraph): string[] =>
      parseModel(onnx.toBytes()).opsetImport.map(({ domain }) => domain);
    const onnx = addingGraph();
    expect(domains(onnx)).toEqual(['']);
    onnx.addNode('FusedMatMul', ['x', 'x'], ['z'], { transB: 1 }, 'com.microsoft');
    expect(domains(onnx)).toEqual(['', 'com.microsoft']);
    const outer = new OnnxGraph('outer');
    outer.addNode('Scan', ['x'], ['z'], { body: onnx.toGraph(), num_scan_inputs: 1 });
    expect(domains(outer)).toEqual(['']);
    outer.useDomainsOf(onnx);
    expect(domains(outer)).toEqual(['', 'com.microsoft']);
    expect(parseModel(outer.toBytes()).graph!.node[0]!.attribute[0]!.g!.node).toHaveLength(2);
  });

  it('refuses bytes that are cut short', () => {
    const bytes = addingGraph().toBytes();
    expect(() => parseModel(bytes.subarray(0, bytes.length - 5))).toThrow();
  });
});
