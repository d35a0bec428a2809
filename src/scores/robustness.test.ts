import { describe, expect, it } from 'vitest';
import { pairedInterval, scoreChange } from './robustness.js';

describe('pairedInterval', () => {
  it('is that of Agresti and Min', () => {
    // Approval of a prime minister in two surveys of the same 1,600 people (Agresti and Min 2005, table 1): 150 changed one
    // way, 86 the other. By hand: (150.5 - 86.5) / 1602 -+ 1.95996 sqrt(237 - 64^2 / 1602) / 1602.
    const [low, high] = pairedInterval(150, 86, 1600);
    expect(low).toBeCloseTo(0.02122, 5);
    expect(high).toBeCloseTo(0.05868, 5);
  });

  it('is never a point, and is symmetric', () => {
    const [low, high] = pairedInterval(0, 0, 50);
    expect(low).toBeLessThan(0);
    expect(high).toBeCloseTo(-low, 12);
    expect(pairedInterval(5, 9, 50).map((end) => -end)).toEqual([...pairedInterval(9, 5, 50)].reverse());
  });

  it('covers the truth about as often as it says', () => {
    // 300 surveys of 100 pairs, 12% of which go one way and 6% the other, by a fixed sequence.
    let state = 1;
    const uniform = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let covered = 0;
    for (let survey = 0; survey < 300; survey++) {
      let [b, c] = [0, 0];
      for (let i = 0; i < 100; i++) {
        const u = uniform();
        if (u < 0.12) b++;
        else if (u < 0.18) c++;
      }
      const [low, high] = pairedInterval(b, c, 100);
      if (low <= 0.06 && high >= 0.06) covered++;
    }
    expect(covered / 300).toBeGreaterThan(0.92);
    expect(covered / 300).toBeLessThan(0.99);
  });
});

describe('scoreChange', () => {
  const change = { id: 'mirrored', name: 'mirrored' };

  it('counts what is spoilt, mended and changed', () => {
    const labels = Int32Array.of(0, 0, 1, 1, 2);
    const before = Int32Array.of(0, 0, 1, 0, 1);
    const after = Int32Array.of(0, 1, 2, 1, 0); // kept, spoilt, spoilt, mended, wrong either way
    const scores = scoreChange(change, labels, before, after);
    expect(scores).toMatchObject({ change: 'mirrored', accuracy: 2 / 5, lost: 1 / 5, changed: 4 / 5 });
    expect(scores.lostInterval).toEqual(pairedInterval(2, 1, 5));
  });

  it('loses nothing where nothing changes', () => {
    const labels = Int32Array.of(0, 1);
    expect(scoreChange(change, labels, labels, labels)).toMatchObject({ accuracy: 1, lost: 0, changed: 0 });
  });
});
