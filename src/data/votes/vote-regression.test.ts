import { describe, expect, it } from 'vitest';
import { fitVotes, likelyLabels } from './vote-regression.js';

/** Ten votes, a label, and how many images have both. */
const images: [number[], number, number][] = [
  [[8, 2, 0, 0], 0, 6],
  [[8, 2, 0, 0], 1, 2],
  [[1, 9, 0, 0], 1, 7],
  [[1, 9, 0, 0], 2, 3],
  [[0, 3, 7, 0], 2, 5],
  [[0, 3, 7, 0], 0, 1],
  [[2, 2, 2, 4], 0, 3],
  [[2, 2, 2, 4], 2, 3],
  [[0, 0, 0, 10], 1, 4],
];
const shares = images.flatMap(([votes, , count]) =>
  Array.from({ length: count }, () => Float64Array.from(votes, (vote) => vote / 10)),
);
const labels = images.flatMap(([, label, count]) => Array<number>(count).fill(label));

describe('fitVotes', () => {
  it("finds scikit-learn's weights", () => {
    // scikit-learn 1.9.1, LogisticRegression(C=1, fit_intercept=False, tol=1e-12, max_iter=100000).
    const expected = [
      [1.124807, -0.900016, 0.029238, -0.348748],
      [-0.325527, 0.715884, -1.117376, 0.712895],
      [-0.799279, 0.184132, 1.088138, -0.364147],
    ].flat();
    const weights = fitVotes({ shares, labels, classes: 3 });
    expect(weights).toHaveLength(12);
    for (const [i, weight] of weights.entries()) expect(weight).toBeCloseTo(expected[i]!, 5);
    const likely = likelyLabels(weights, Float64Array.of(0.8, 0.2, 0, 0), 3);
    for (const [k, share] of [0.588424, 0.25477, 0.156806].entries()) expect(likely[k]).toBeCloseTo(share, 5);
  });

  it('comes to rest where the votes tell every label, by the thousand', () => {
    const sure = Array.from({ length: 3000 }, (_, i) => Float64Array.of(i % 2, 1 - (i % 2)));
    const weights = fitVotes({
      shares: sure,
      labels: sure.map(([first]) => (first === 1 ? 0 : 1)),
      classes: 2,
    });
    expect(likelyLabels(weights, Float64Array.of(1, 0), 2)[0]).toBeGreaterThan(0.99);
    expect(likelyLabels(weights, Float64Array.of(0, 1), 2)[1]).toBeGreaterThan(0.99);
  });

  it('knows nothing of a column without votes', () => {
    const weights = fitVotes({ shares: shares.map((row) => Float64Array.of(...row, 0)), labels, classes: 3 });
    expect([...likelyLabels(weights, Float64Array.of(0, 0, 0, 0, 1), 3)]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });
});
