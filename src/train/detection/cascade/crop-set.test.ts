import { describe, expect, it } from 'vitest';
import type { LabelledFace } from '../../../data/faces/types.js';
import { pointIn, regressed } from '../../../faces/boxes.js';
import { CropOrder, CropSetBuilder, planBatches, targetsOf } from './crop-set.js';
import type { Crop, CropKind } from './sample-crops.js';

const face: LabelledFace = {
  box: { x: 33, y: 21.5, width: 40, height: 52 },
  points: [[45, 40], [61, 41], null, [47, 60.5], null],
  mouth: null,
};
const crop = (kind: CropKind): Crop => ({
  kind,
  x: 30,
  y: 20,
  side: 50,
  face: kind === 'negative' ? null : face,
});

function setOf(counts: Readonly<Record<CropKind, number>>) {
  const builder = new CropSetBuilder(2);
  let made = 0;
  for (const [kind, count] of Object.entries(counts))
    for (let i = 0; i < count; i++)
      builder.add(crop(kind as CropKind), (pixels) => pixels.fill(made++ % 256));
  return builder.finish();
}

describe('targetsOf', () => {
  it('lead back to the face', () => {
    const { box, points, known } = targetsOf(crop('positive'));
    const square = { x: 30, y: 20, width: 50, height: 50 };
    for (const [name, value] of Object.entries(regressed(square, box)))
      expect(value).toBeCloseTo(face.box[name as 'x'], 10);
    expect(known).toEqual([1, 1, 0, 1, 0]);
    for (const [i, point] of face.points.entries()) {
      const target = pointIn(square, [points[2 * i]!, points[2 * i + 1]!]);
      if (point === null) continue;
      for (const [k, value] of target.entries()) expect(value).toBeCloseTo(point[k]!, 10);
    }
  });
});

describe('a set of crops', () => {
  it('keeps pixels, kinds and targets, over more than one block of memory', () => {
    const set = setOf({ negative: 5000, part: 2, positive: 3, points: 1 });
    expect(set.count).toBe(5006);
    expect(Object.values(set.places).map(({ length }) => length)).toEqual([5000, 2, 3, 1]);
    expect([...set.pixels(4999)]).toEqual(new Array(12).fill(4999 % 256));
    expect(set.kind(5003)).toBe('positive');
    const { box, known } = set.targets(5003);
    expect(box.map((value) => Math.round(1e6 * value) / 1e6)).toEqual([0.06, 0.03, -0.14, 0.07]);
    expect(known).toEqual([1, 1, 0, 1, 0]);
    expect(set.targets(0).box).toEqual([0, 0, 0, 0]);
  });

  it('has a fingerprint of all of it', () => {
    const counts = { negative: 1, part: 1, positive: 1, points: 1 };
    const prints = [counts, counts, { ...counts, points: 2 }, { ...counts, part: 0, positive: 2 }].map(
      (one) => setOf(one).fingerprint,
    );
    expect(prints[0]).toBe(prints[1]);
    expect(new Set(prints).size).toBe(3);
  });
});

describe('batches', () => {
  const set = setOf({ negative: 20, part: 5, positive: 7, points: 3 });
  const plan = planBatches(set, 12, 100);

  it('have three negatives for each crop of the other kinds, and take every positive once an epoch', () => {
    expect(plan).toEqual({
      mix: { negative: 6, part: 2, positive: 2, points: 2 },
      size: 12,
      batchesPerEpoch: 4,
    });
    const kinds = [...new CropOrder(set, plan, 1).batch(3)].map((place) => set.kind(place));
    expect(kinds.filter((kind) => kind === 'negative')).toHaveLength(6);
  });

  it('do without a kind that the set lacks, and end where they are told', () => {
    const lacking = setOf({ negative: 20, part: 5, positive: 7, points: 0 });
    expect(planBatches(lacking, 12, 2)).toMatchObject({ size: 10, batchesPerEpoch: 2 });
  });

  it('hand out every crop once before one comes again, and the same by number', () => {
    const order = new CropOrder(set, plan, 1);
    const all = Array.from({ length: 10 }, (_, i) => [...order.batch(i)]);
    const positives = all.flat().filter((place) => set.kind(place) === 'positive');
    expect(new Set(positives.slice(0, 7)).size).toBe(7);
    expect(new Set(positives.slice(7, 14)).size).toBe(7);
    expect([...new CropOrder(set, plan, 1).batch(8)]).toEqual(all[8]);
    expect([...order.batch(2)]).toEqual(all[2]);
    expect([...new CropOrder(set, plan, 2).batch(8)]).not.toEqual(all[8]);
  });
});
