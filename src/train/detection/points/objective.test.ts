import { describe, expect, it } from 'vitest';
import { lowerGraph } from '../../../engine/compile/lower.js';
import { Graph } from '../../../engine/ir/graph.js';
import { openSession } from '../../../engine/runtime/session.js';
import { floatTensor } from '../../../engine/tensor/array.js';
import { tensorType } from '../../../engine/tensor/type.js';
import { targetColumns, targetSize } from './crop-plan.js';
import { pointObjective } from './objective.js';

type Targets = Partial<Record<keyof typeof targetColumns, number[]>>;

async function lossOf(found: number[][], wanted: Targets[]): Promise<number> {
  const graph = new Graph();
  const batch = found.length;
  const points = graph.input('points', tensorType('float32', [batch, 10]));
  const targets = graph.input('targets', tensorType('float32', [batch, targetSize]));
  const { loss } = pointObjective.loss({ points }, { targets });
  const data = new Float32Array(batch * targetSize);
  wanted.forEach((of, i) => {
    for (const [name, values] of Object.entries({ unit: [1], ...of }))
      data.set(values, i * targetSize + targetColumns[name as keyof typeof targetColumns].at);
  });
  const onnx = lowerGraph(graph, { name: 'loss', provider: 'cpu', outputs: { loss } });
  const session = await openSession(onnx.toBytes(), { threads: 1 });
  const answer = await session.run({
    points: floatTensor([batch, 10], Float32Array.from(found.flat())),
    targets: floatTensor([batch, targetSize], data),
  });
  await session.close();
  return (answer.loss!.data as Float32Array)[0]!;
}

const zeros = new Array(10).fill(0);

describe('pointObjective', () => {
  it('is the mean distance of labelled points over the distance between the eyes', async () => {
    const wanted = { points: [3, 4, ...zeros.slice(2)], pointWeights: [1, 1, 0, 0, 0], unit: [2] };
    // Distances of 10 and 0, less what is taken off near zero.
    expect(await lossOf([zeros], [wanted])).toBeCloseTo((10 - 0.02) / 2, 3);
  });

  it('holds the middle of the corners to the middle of the mouth', async () => {
    const found = [...zeros.slice(6), ...zeros.slice(8), -2, 1, 4, 1];
    expect(await lossOf([found], [{ mouth: [1, 1], mouthWeight: [1] }])).toBeCloseTo(0, 5);
    expect(await lossOf([found], [{ mouth: [1, 3], mouthWeight: [1] }])).toBeCloseTo(1.98, 3);
  });

  it('counts points, not faces, and is nothing where no point is labelled', async () => {
    expect(await lossOf([zeros], [{ points: new Array(10).fill(5) }])).toBe(0);
    const one = { points: [6, 8, ...zeros.slice(2)], pointWeights: [1, 0, 0, 0, 0] };
    const two = { pointWeights: [1, 1, 1, 0, 0] };
    expect(await lossOf([zeros, zeros], [one, two])).toBeCloseTo((10 - 0.02) / 4, 3);
  });
});
