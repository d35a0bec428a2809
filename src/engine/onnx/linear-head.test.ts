import { expect, it } from 'vitest';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { checkGraph } from './check.js';
import { divideValue, serializeModel } from './edit.js';
import { denseEnd } from './last-layer.js';
import { addSigmoidOutput, exposeValue, removeSigmoidOutput } from './linear-head.js';
import { type ModelProto, OnnxGraph, parseModel } from './model.js';

/** logits = relu(x) W + b, of 3 features and 2 classes. */
function classifier(): ModelProto {
  const graph = new OnnxGraph('test');
  graph.input('x', 'float32', ['n', 3]);
  graph.initializer('kernel', floatTensor([3, 2], [1, 0, 0, 1, 1, 1]));
  graph.initializer('offset', floatTensor([2], [0.5, -0.5]));
  graph.addNode('Relu', ['x'], ['seen']);
  graph.addNode('Gemm', ['seen', 'kernel'], ['product']);
  graph.addNode('Add', ['product', 'offset'], ['logits']);
  graph.output('logits', 'float32', ['n', 2]);
  return parseModel(graph.toBytes());
}

async function run(model: ModelProto, output: string): Promise<number[]> {
  const session = await openSession(serializeModel(model));
  const results = await session.run({ x: floatTensor([2, 3], [1, -2, 3, -1, 4, 0.5]) });
  await session.close();
  return [...(results[output]!.data as Float32Array)];
}

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

it('finds what the last linear layer sees, behind a temperature too', () => {
  const model = classifier();
  expect(denseEnd(model, 'logits')?.input).toBe('seen');
  divideValue(model, 'logits', 'temperature', 2);
  expect(denseEnd(model, 'logits')?.input).toBe('seen');
  expect(denseEnd(model, 'seen')).toBeNull();
  expect(denseEnd(model, 'nothing')).toBeNull();
});

it('does not go round in circles', () => {
  const model = classifier();
  for (const node of model.graph!.node) if (node.opType === 'Add') node.input = ['logits', 'offset'];
  expect(denseEnd(model, 'logits')).toBeNull();
});

it('makes a value an output', async () => {
  const model = classifier();
  exposeValue(model, 'seen');
  exposeValue(model, 'seen');
  expect(model.graph!.output.map(({ name }) => name)).toEqual(['logits', 'seen']);
  expect(await run(model, 'seen')).toEqual([1, 0, 3, 0, 4, 0.5]);
});

it('adds a sigmoid of a weighted sum, replaces it, and takes it away', async () => {
  const model = classifier();
  const before = serializeModel(model);
  addSigmoidOutput(model, 'extra', 'seen', Float32Array.of(9, 9, 9), 9);
  addSigmoidOutput(model, 'extra', 'seen', Float32Array.of(0.5, -1, 0.25), 0.125);
  const found = await run(model, 'extra');
  [0.5 + 0.75 + 0.125, -4 + 0.125 + 0.125].forEach((sum, i) => {
    expect(found[i]).toBeCloseTo(sigmoid(sum), 6);
  });
  const checked = checkGraph(serializeModel(model));
  expect(checked).toMatchObject({ outline: { outputs: { extra: ['n', 1] } } });
  removeSigmoidOutput(model, 'extra');
  expect(serializeModel(model)).toEqual(before);
});
