import { describe, expect, it } from 'vitest';
import { gradients } from '../../../engine/autodiff/gradients.js';
import { lowerGraph } from '../../../engine/compile/lower.js';
import { Graph } from '../../../engine/ir/graph.js';
import { openSession } from '../../../engine/runtime/session.js';
import { floatTensor } from '../../../engine/tensor/array.js';
import { tensorType } from '../../../engine/tensor/type.js';
import { cellCount, columnCount, columns, strides } from './assign.js';
import { detectionObjective } from './objective.js';

const side = 64;
const cells = cellCount(side);
const sizes = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const;

interface Answer {
  obj?: number;
  cls?: number;
  bbox?: number[];
  kps?: number[];
}

/** The losses of one tile, and the gradient of the last of all cells, which is the one of stride 32 at the lower right. */
async function losses(
  last: Answer,
  target: Partial<Record<keyof typeof columns, number[]>>,
  others: Answer = {},
) {
  const graph = new Graph();
  const feeds: Record<string, ReturnType<typeof floatTensor>> = {};
  const outputs = Object.fromEntries(
    strides.flatMap((stride) =>
      (Object.keys(sizes) as (keyof typeof sizes)[]).map((kind) => {
        const count = (side / stride) ** 2;
        const name = `${kind}_${stride}`;
        const data = new Float32Array(count * sizes[kind]);
        for (let i = 0; i < count; i++) {
          const of = stride === 32 && i === count - 1 ? last : others;
          data.set(
            [of[kind] ?? (kind === 'obj' ? -20 : new Array(sizes[kind]).fill(0))].flat(),
            i * sizes[kind],
          );
        }
        feeds[name] = floatTensor([1, count, sizes[kind]], data);
        return [name, graph.input(name, tensorType('float32', [1, count, sizes[kind]]))];
      }),
    ),
  );
  const targets = new Float32Array(cells * columnCount);
  for (let i = 0; i < cells; i++) {
    targets[i * columnCount + columns.counts.at] = 1;
    targets.fill(1, i * columnCount + columns.box.at + 2, i * columnCount + columns.box.at + 4);
  }
  for (const [name, values] of Object.entries(target))
    targets.set(values, (cells - 1) * columnCount + columns[name as keyof typeof columns].at);
  feeds.targets = floatTensor([1, cells, columnCount], targets);
  const objective = detectionObjective(side);
  const { loss, measures } = objective.loss(outputs, {
    targets: graph.input('targets', tensorType('float32', [1, cells, columnCount])),
  });
  const watched = ['obj_32', 'cls_32', 'bbox_32', 'kps_32'];
  const slopes = gradients(
    loss,
    watched.map((name) => outputs[name]!),
  );
  const results = {
    loss,
    ...measures,
    ...Object.fromEntries(watched.map((name, i) => [`d_${name}`, slopes[i]!])),
  };
  const model = lowerGraph(graph, { name: 'objective', provider: 'cpu', outputs: results });
  const session = await openSession(model.toBytes(), { threads: 1 });
  try {
    const answers = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(answers).map(([name, { data }]) => [name, [...(data as Float32Array)]]),
    );
  } finally {
    await session.close();
  }
}

const face = { face: [1], box: [0.5, 0.5, 2, 3] };
const exact = { bbox: [0.5, 0.5, Math.log(2), Math.log(3)] };

describe('detectionObjective', () => {
  it('is nothing for a face that is found exactly and sure backgrounds', async () => {
    const { loss, boxLoss } = await losses({ ...exact, obj: 20, cls: 20 }, face);
    expect(loss![0]).toBeCloseTo(0, 5);
    expect(boxLoss![0]).toBeCloseTo(0, 5);
  });

  it('measures a box by overlap, centre and sides, worked by hand', async () => {
    // Twice as wide, moved by 1: [0, 2]x[0, 3] in a cell's units against [0.5, 4.5]x[0, 3].
    const found = { bbox: [2.5, 1.5, Math.log(4), Math.log(3)], obj: 20 };
    const { boxLoss, fitLoss } = await losses(found, { face: [1], box: [1, 1.5, 2, 3] });
    const overlap = (1.5 * 3) / (12 + 6 - 4.5);
    const around = [4.5, 3] as const;
    const distance = 1.5 ** 2 / (around[0] ** 2 + around[1] ** 2);
    const sides = 2 ** 2 / around[0] ** 2;
    expect(boxLoss![0]).toBeCloseTo(1 - overlap + distance + sides, 4);
    expect(fitLoss![0]).toBeCloseTo(Math.log(2), 4); // a logit of 0 against any target
  });

  it('weighs cells by how wrong they are, and leaves out those that do not count', async () => {
    const wrong = await losses({ obj: 1 }, {});
    const p = 1 / (1 + Math.exp(-1));
    expect(wrong.faceLoss![0]).toBeCloseTo(p * p * -Math.log(1 - p), 4);
    expect(wrong.d_obj_32!.at(-1)).toBeCloseTo(p * p * p, 4); // no gradient through the weight
    const left = await losses({ obj: 1 }, { counts: [0] });
    expect(left.faceLoss![0]).toBeCloseTo(0, 5);
    expect(left.d_obj_32!.at(-1)).toBe(0);
  });

  it('counts points that are known alone, and the middle of a mouth', async () => {
    const kps = [1, 2, 3, 4, 5, 6, 1, 8, 2, 9];
    const known = [0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0];
    const wanted = { ...face, points: [3, 2, 0, 0, 0, 0, 0, 0, 0, 0], pointWeights: known };
    const some = await losses({ ...exact, kps, obj: 20, cls: 20 }, wanted);
    expect(some.pointLoss![0]).toBeCloseTo(1 - 0.02, 2); // 2 apart, half a weight
    expect(some.d_kps_32!.slice(-10).map((slope) => Math.abs(slope) > 1e-6)).toEqual([
      true,
      ...new Array(9).fill(false),
    ]);
    const mouth = await losses(
      { ...exact, kps, obj: 20, cls: 20 },
      { ...face, mouth: [3.5, 8.5], mouthWeights: [1, 1] },
    );
    expect(mouth.pointLoss![0]).toBeCloseTo(2 - 0.02, 2);
    const slopes = mouth.d_kps_32!.slice(-10);
    expect(slopes[6]).toBeCloseTo(slopes[8]!, 5);
  });

  it('stays finite for any answer, also where no cell has a face', async () => {
    const wild = { obj: 500, cls: -500, bbox: [1e3, -1e3, 500, -80], kps: new Array(10).fill(1e4) };
    for (const target of [{}, face]) {
      const { loss, ...rest } = await losses(wild, target, wild);
      expect(Number.isFinite(loss![0])).toBe(true);
      expect(Object.values(rest).flat().every(Number.isFinite)).toBe(true);
    }
  });
});
