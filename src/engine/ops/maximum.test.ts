import { expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { lowerGraph } from '../compile/lower.js';
import { Graph } from '../ir/graph.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { tensorType } from '../tensor/type.js';
import { multiply } from './elementwise.js';
import { maximum } from './maximum.js';
import { reduceSum } from './sum.js';

it('sends the gradient to the first of those that tie, and to no other', async () => {
  const graph = new Graph();
  const type = tensorType('float32', [4]);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => graph.input(name, type));
  const weights = graph.constant(type, Float32Array.of(1, 2, 3, 4));
  const loss = reduceSum(multiply(maximum([a!, b!, c!]), weights), [0]);
  const [da, db, dc] = gradients(loss, [a!, b!, c!]);
  const outputs = { da: da!, db: db!, dc: dc! };
  const session = await openSession(lowerGraph(graph, { name: 'test', provider: 'cpu', outputs }).toBytes());
  const results = await session.run({
    a: floatTensor([4], [5, 5, 1, 1]),
    b: floatTensor([4], [5, 2, 6, 1]),
    c: floatTensor([4], [5, 5, 6, 1]),
  });
  await session.close();
  const of = (name: string): number[] => Array.from(results[name]!.data, Number);
  expect(of('da')).toEqual([1, 2, 0, 4]);
  expect(of('db')).toEqual([0, 0, 3, 0]);
  expect(of('dc')).toEqual([0, 0, 0, 0]);
});
