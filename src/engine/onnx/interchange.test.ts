import { describe, expect, it } from 'vitest';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { serializeModel } from './edit.js';
import { rewriteForInterchange } from './interchange.js';
import { OnnxGraph } from './model.js';

/** Draws numbers that hardly repeat, from 0.5 to 1.5. */
const numbers = (shape: readonly number[]) =>
  floatTensor(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 0.5 + ((i * 37) % 101) / 100),
  );

/** A convolution and its norm, whose scale is computed from what is stored; a mean of images; a norm of rows. */
function network() {
  const onnx = new OnnxGraph('network');
  const x = onnx.input('x', 'float32', ['N', 2, 5, 4]);
  const vector = (name: string) => onnx.initializer(name, numbers([3]));
  const scale = onnx.node('Div', [vector('gamma'), onnx.node('Sqrt', [vector('variance')])]);
  const shift = onnx.node('Sub', [vector('beta'), onnx.node('Mul', [vector('mean'), scale])]);
  const images = onnx.node('Conv', [x, onnx.initializer('kernel', numbers([3, 2, 3, 3]))], {});
  const zeros = onnx.constant('float32', [3], [0, 0, 0]);
  const ones = onnx.constant('float32', [3], [1, 1, 1]);
  onnx.addNode('BatchNormalization', [images, scale, shift, zeros, ones], ['normed'], {
    epsilon: { float: 0 },
  });
  onnx.addNode('ReduceMean', ['normed', onnx.integers(2, 3)], ['rows'], { keepdims: 0 });
  onnx.addNode('Add', [onnx.node('Mul', ['rows', scale]), shift], ['y']);
  for (const [name, shape] of [
    ['normed', ['N', 3, 3, 2]],
    ['y', ['N', 3]],
  ] as const)
    onnx.output(name, 'float32', shape);
  return onnx.toModel({ name: 'ferlab', version: '' });
}

async function run(bytes: Uint8Array) {
  const session = await openSession(bytes, { threads: 1 });
  const results = await session.run({ x: numbers([3, 2, 5, 4]) });
  await session.close();
  return results;
}

describe('rewriteForInterchange', () => {
  const model = network();
  const original = serializeModel(model);
  rewriteForInterchange(model);
  const rewritten = serializeModel(model);

  it('leaves neither norms, nor means that drop axes, nor vectors that meet rows', () => {
    const { node, initializer } = model.graph!;
    const operators = node.map(({ opType }) => opType);
    expect(operators).not.toContain('BatchNormalization');
    expect(operators).not.toContain('ReduceMean');
    const made = new Map(node.map((entry) => [entry.output[0], entry.opType]));
    const computedFrom = (name: string) => made.get(node.find(({ output }) => output[0] === name)!.input[1]!);
    expect(computedFrom('y')).toBe('Reshape');
    expect(computedFrom('normed')).toBe('Reshape');
    expect(initializer.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['gamma', 'beta', 'mean', 'variance', 'kernel']),
    );
  });

  it('keeps answers: norms to the bit, means but for the order of sums', async () => {
    const [expected, found] = [await run(original), await run(rewritten)];
    expect(found.normed!.data).toEqual(expected.normed!.data);
    for (const [i, value] of (expected.y!.data as Float32Array).entries())
      expect(Math.abs((found.y!.data[i] as number) / value - 1)).toBeLessThan(1e-6);
  });

  it('changes nothing the second time', () => {
    rewriteForInterchange(model);
    expect(serializeModel(model)).toEqual(rewritten);
  });
});
