import { describe, expect, it } from 'vitest';
import type { Sample } from '../../data/dataset/types.js';
import { blendLabels, describeBlend, softLabelNote } from './soft-labels.js';

const files = ['a', 'b', 'c', 'd'];
const store = {
  samples: files.map((file): Sample => ({ file, label: 0, source: { kind: 'file', path: file } })),
  labels: Int32Array.of(0, 1, 2, 0),
};
const votes = new Map([
  ['a', Float32Array.of(0.75, 0.25, 0)],
  ['b', Float32Array.of(0.5, 0, 0.5)],
  ['c', null],
  ['elsewhere', Float32Array.of(1, 0, 0)],
]);

const rows = (shares: Float32Array) =>
  files.map((_, i) => [...shares.subarray(i * 3, (i + 1) * 3)].map((share) => Number(share.toFixed(6))));

describe('blendLabels', () => {
  it('mixes votes with the label by the weight, and keeps labels where votes decide nothing', () => {
    const quarter = blendLabels(store, 3, votes, 0.4);
    expect(rows(quarter.shares)).toEqual([
      [0.9, 0.1, 0],
      [0.2, 0.6, 0.2],
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(quarter).toMatchObject({ voted: 2, agreeing: 1, undecided: 1, missing: 1 });
  });

  it('is the votes alone at weight 1 and the labels alone at weight 0', () => {
    expect(rows(blendLabels(store, 3, votes, 1).shares).slice(0, 2)).toEqual([
      [0.75, 0.25, 0],
      [0.5, 0, 0.5],
    ]);
    expect(rows(blendLabels(store, 3, votes, 0).shares)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });

  it('is logged with all counts', () => {
    const labels = {
      path: 'x/ferplus.csv',
      kind: 'FER+ votes',
      fingerprint: 'f',
      shares: votes,
      warnings: [],
    };
    const blend = blendLabels(store, 3, votes, 0.5);
    expect(describeBlend(labels, blend, 0.5)).toBe(
      'Soft labels for 2 of 4 training images: FER+ votes (x/ferplus.csv), weight 0.5; for 50.0% of them no class has ' +
        "a larger share than the label. The label alone for 1 images that the votes don't decide and 1 that aren't in " +
        'the file.',
    );
    const note = (weight: number) => softLabelNote(labels, blend, weight, 3);
    expect(note(0.5)).toMatch(
      /^Trained with extra annotation: FER\+ votes \(ferplus\.csv, weight 0\.5, 2 of 4 training images\)/,
    );
    expect(note(0.5)).not.toMatch(/training accuracy/);
    expect(note(1)).toMatch(/training accuracy counts the largest share of the blend/);
  });
});
