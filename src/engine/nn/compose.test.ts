// Networks of layers with several outputs: what they are made of, what they compute, and that all of it is trained.

import { expect, it } from 'vitest';
import { compileForward } from '../compile/forward.js';
import { initializeWeights } from '../compile/network.js';
import { compileTrainingStep, initialState, nextName, stepScalars } from '../compile/training-step.js';
import { add, multiply } from '../ops/elementwise.js';
import { reduceMean } from '../ops/mean.js';
import { sgd } from '../optim/transforms.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { connected, heads, sequential } from './compose.js';
import type { Layer } from './layer.js';
import * as layers from './layers.js';
import type { Objective } from './objective.js';

const point = (filters: number): Layer => layers.conv2d({ filters, kernelSize: 1, useBias: false });
const inputShape = [1, 4, 2];
const network = (layer: Layer) => ({ layer, inputShape, preprocessing: { scale: 1, offset: 0 } });

/** A fine and a coarse level; the coarse one, enlarged, is added to the fine one. */
const pyramid = connected(
  {
    fine: { layer: sequential({ conv: point(2), norm: layers.batchNormalization() }) },
    coarse: { layer: layers.averagePooling2d(), from: ['fine'] },
    back: { layer: layers.upSampling2d(), from: ['coarse'] },
    sum: { layer: layers.relu(), from: ['fine', 'back'] },
    small: { layer: layers.flatten(), from: ['coarse'] },
  },
  ['sum', 'small'],
);

it('adds what a layer reads, and gives the outputs that are named', async () => {
  const { parameters, state, outputShape } = pyramid.describe(inputShape);
  expect(Object.keys(parameters)).toEqual(['fine/conv/kernel', 'fine/norm/gamma', 'fine/norm/beta']);
  expect(Object.keys(state)).toEqual(['fine/norm/mean', 'fine/norm/variance']);
  expect(outputShape).toEqual([2, 4, 2]);
  const weights = initializeWeights(network(pyramid), 1);
  const kernel = floatTensor([2, 1, 1, 1], [1, -1]);
  const stored = { ...weights, parameters: { ...weights.parameters, 'fine/conv/kernel': kernel } };
  const model = compileForward(network(pyramid), 'cpu', { stored, answers: (outputs) => outputs }).toBytes();
  const session = await openSession(model, { threads: 1 });
  const pixels = floatTensor([1, 1, 4, 2], [0, 1, 2, 3, 4, 5, 6, 7]);
  const { sum, small } = await session.run({ pixels });
  await session.close();
  const scale = 1 / Math.sqrt(1 + 1e-3);
  const expected = [1.5, 2.5, 3.5, 4.5, 9.5, 10.5, 11.5, 12.5, 0, 0, 0, 0, 0, 0, 0, 0];
  expect([...sum!.data].map(Number)).toEqual(expected.map((value) => expect.closeTo(value * scale, 4)));
  expect([...small!.data].map(Number)).toEqual(
    [1.5, 5.5, -1.5, -5.5].map((value) => expect.closeTo(value * scale, 4)),
  );
});

it('trains trunk and heads, running statistics included', async () => {
  const layer = heads(
    sequential({
      conv: point(2),
      norm: layers.batchNormalization({ momentum: 0.5 }),
      flatten: layers.flatten(),
    }),
    { a: layers.dense({ units: 1 }), b: layers.dense({ units: 2 }) },
  );
  expect(Object.keys(layer.describe(inputShape).parameters)).toEqual([
    ...['trunk/conv/kernel', 'trunk/norm/gamma', 'trunk/norm/beta'],
    ...['a/kernel', 'a/bias', 'b/kernel', 'b/bias'],
  ]);
  const objective: Objective = {
    inputs: {},
    loss({ a, b }) {
      const loss = add(reduceMean(multiply(a!, a!), [0, 1]), reduceMean(multiply(b!, b!), [0, 1]));
      return { loss, measures: {} };
    },
  };
  const optimizer = sgd();
  const weights = initializeWeights(network(layer), 1);
  const step = compileTrainingStep({
    ...{ network: network(layer), batchSize: 2, objective, optimizer, provider: 'cpu', ema: false },
  });
  const carried = initialState(weights, optimizer, false);
  const session = await openSession(step.model, { threads: 1 });
  const pixels = floatTensor(
    [2, ...inputShape],
    Array.from({ length: 16 }, (_, i) => (i % 5) / 5),
  );
  const next = await session.run({ ...carried, pixels, ...stepScalars(optimizer, 1, 0.1, null) });
  await session.close();
  for (const name of Object.keys(carried))
    expect(next[nextName(name)]!.data, name).not.toEqual(carried[name]!.data);
});

it('refuses layers that read what is not there, or what does not fit', () => {
  const describing = (from: string[]) => () =>
    connected(
      { a: { layer: point(2) }, b: { layer: layers.averagePooling2d() }, c: { layer: point(1), from } },
      ['c'],
    ).describe(inputShape);
  expect(describing(['d'])).toThrow('no layer before it is called d');
  expect(describing(['c'])).toThrow('no layer before it is called c');
  expect(describing(['a', 'b'])).toThrow("c: can't add [1, 2, 1] to [2, 4, 2]");
  expect(() => heads(point(1), {})).toThrow('at least one part');
});
