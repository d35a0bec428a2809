import { describe, expect, it } from 'vitest';
import type { LabelledFace } from '../../../data/faces/types.js';
import { intersection, overlap, squared } from '../../../faces/boxes.js';
import { Random } from '../../../random/random.js';
import {
  type Crop,
  judgeCrop,
  type SampleOptions,
  type Scene,
  sampleCrops,
  squareAt,
} from './sample-crops.js';

const face = (x: number, y: number, width: number, height: number): LabelledFace => ({
  box: { x, y, width, height },
  points: [[x + 0.3 * width, y + 0.4 * height], null, null, null, null],
  mouth: null,
});
const scene = (over: Partial<Scene> = {}): Scene => ({
  width: 200,
  height: 120,
  faces: [face(60, 30, 40, 52)],
  ignore: [],
  ...over,
});
const options: SampleOptions = { minFace: 20, negatives: 60, nearNegatives: 10, tries: 40, pointTries: 5 };
const boxOf = ({ x, y, side }: Crop) => ({ x, y, width: side, height: side });
const sample = (of: Scene, seed = 1) => sampleCrops(of, options, new Random(seed, 'crops', 0));
const count = (crops: readonly Crop[], kind: Crop['kind']) =>
  crops.filter((crop) => crop.kind === kind).length;

describe('sampleCrops', () => {
  it('sorts squares by their overlap with the square about a face', () => {
    const crops = sample(scene());
    const whole = squared(scene().faces[0]!.box);
    for (const crop of crops) {
      const common = overlap(boxOf(crop), whole);
      if (crop.kind === 'negative') expect(common).toBeLessThan(0.3);
      if (crop.kind === 'part') expect(common >= 0.4 && common < 0.65).toBe(true);
      if (crop.kind === 'positive' || crop.kind === 'points') expect(common).toBeGreaterThanOrEqual(0.65);
      expect([crop.x, crop.y, crop.side].every(Number.isInteger)).toBe(true);
    }
    for (const kind of ['negative', 'part', 'positive', 'points'] as const)
      expect(count(crops, kind), kind).toBeGreaterThan(2);
  });

  it('gives the same crops for the same random numbers, others for others', () => {
    expect(sample(scene())).toEqual(sample(scene()));
    expect(sample(scene())).not.toEqual(sample(scene(), 2));
  });

  it('takes nothing of an ignored region for "no face"', () => {
    const region = { x: 100, y: 0, width: 100, height: 120 };
    const crops = sample(scene({ ignore: [region] }));
    for (const crop of crops.filter(({ kind }) => kind === 'negative'))
      expect(intersection(boxOf(crop), region)).toBeLessThanOrEqual(0.1 * crop.side ** 2);
    expect(count(crops, 'negative')).toBeGreaterThan(5);
    const unlabelled = sample(scene({ ignore: [{ x: 0, y: 0, width: 200, height: 120 }] }));
    expect(count(unlabelled, 'negative')).toBe(0);
    expect(count(unlabelled, 'positive')).toBeGreaterThan(2);
    expect(count(unlabelled, 'part')).toBeGreaterThan(2);
  });

  it('learns no small face, and does not take it for "no face" either', () => {
    const crops = sample(scene({ faces: [face(60, 30, 14, 18)] }));
    expect(crops.every(({ kind }) => kind === 'negative')).toBe(true);
    for (const crop of crops)
      expect(overlap(boxOf(crop), squared(face(60, 30, 14, 18).box))).toBeLessThan(0.3);
  });

  it('asks for points only where some are known', () => {
    const { box } = face(60, 30, 40, 52);
    const bare = { box, points: [null, null, null, null, null], mouth: null } as const;
    expect(count(sample(scene({ faces: [bare] })), 'points')).toBe(0);
  });

  it('survives pictures of a few pixels', () => {
    expect(sample({ width: 1, height: 1, faces: [], ignore: [] })).toEqual([]);
    expect(sample({ width: 20, height: 20, faces: [face(0, 0, 20, 26)], ignore: [] }).length).toBeGreaterThan(
      0,
    );
  });
});

describe('judgeCrop', () => {
  it('goes by the face that overlaps most', () => {
    const two = scene({ faces: [face(60, 30, 40, 52), face(70, 30, 40, 52)] });
    const crop = judgeCrop(two, squareAt(64, 30, 52), 20);
    expect(crop).toMatchObject({ kind: 'positive', face: two.faces[1] });
  });

  it('leaves out what lies between the kinds', () => {
    const found = [];
    for (let move = 0; move < 60; move++)
      found.push(judgeCrop(scene(), squareAt(54 + move, 30, 52), 20)?.kind);
    expect([...new Set(found)]).toEqual(['positive', 'part', undefined, 'negative']);
  });
});
