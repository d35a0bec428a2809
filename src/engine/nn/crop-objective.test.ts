// The objective of crops: which crops take part in which loss, and with what weight.

import { expect, it } from 'vitest';
import { lowerGraph } from '../compile/lower.js';
import { Graph } from '../ir/graph.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { tensorType } from '../tensor/type.js';
import { cropObjective } from './crop-objective.js';

const weights = { class: 1, box: 0.5, points: 2 };

/** The loss and measures of four crops: an easy and a hard negative, a positive, one with points alone. */
async function losses(changes: { pointCounts?: number[]; boxCounts?: number[]; faces?: number[] } = {}) {
  const feeds = {
    face: floatTensor([4, 2, 1, 1], [2, 0, 0, 1, 0, 3, 9, -9]),
    box: floatTensor([4, 4], [9, 9, 9, 9, 9, 9, 9, 9, 0.5, 0, 0, 0, 9, 9, 9, 9]),
    points: floatTensor([4, 4], [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 3, 9]),
    faces: floatTensor([4, 2], changes.faces ?? [1, 0, 1, 0, 0, 1, 0, 0]),
    boxes: floatTensor([4, 4], new Float32Array(16)),
    boxCounts: floatTensor([4], changes.boxCounts ?? [0, 0, 1, 0]),
    pointsTargets: floatTensor([4, 4], new Float32Array(16)),
    pointCounts: floatTensor([4, 4], changes.pointCounts ?? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0]),
  };
  const objective = cropObjective({ weights, hardest: 0.7, pointNumbers: 4 });
  const graph = new Graph();
  const value = (name: keyof typeof feeds) =>
    graph.input(name, tensorType('float32', feeds[name].type.shape));
  const { loss, measures } = objective.loss(
    { face: value('face'), box: value('box'), points: value('points') },
    {
      faces: value('faces'),
      boxes: value('boxes'),
      boxCounts: value('boxCounts'),
      points: value('pointsTargets'),
      pointCounts: value('pointCounts'),
    },
  );
  const model = lowerGraph(graph, {
    name: 'test',
    provider: 'cpu',
    outputs: { loss, ...measures },
  }).toBytes();
  const session = await openSession(model, { threads: 1 });
  const results = await session.run(feeds);
  await session.close();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]));
}

const entropy = (margin: number) => Math.log1p(Math.exp(-margin));
const near = (value: number) => expect.closeTo(value, 4);

it('takes the class from crops that have one, the hardest of them, and boxes and points from theirs', async () => {
  // Three crops have a class; 70% of them are two: the negative that is taken for a face, and the easier negative.
  const all = [entropy(2), entropy(-1), entropy(3)];
  expect(await losses()).toEqual({
    loss: near((all[0]! + all[1]!) / 2 + 0.5 * 0.25 + 2 * (1 + 4 + 9)),
    accuracy: near((4 * 2) / 3),
    classLoss: near((4 * (all[0]! + all[1]! + all[2]!)) / 3),
    boxLoss: near(4 * 0.25),
    pointsLoss: near(4 * 14),
  });
});

it('is finite where a batch has nothing of a kind', async () => {
  const none = await losses({
    faces: new Array(8).fill(0),
    boxCounts: new Array(4).fill(0),
    pointCounts: new Array(16).fill(0),
  });
  expect(none).toEqual({ loss: 0, accuracy: 0, classLoss: 0, boxLoss: 0, pointsLoss: 0 });
});
