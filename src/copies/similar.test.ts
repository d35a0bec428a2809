import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { SimilarityIndex } from './similar.js';

const size = 48;

function unit(values: ArrayLike<number>): Float32Array {
  const vector = Float32Array.from(values);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function randomUnit(random: Random): Float32Array {
  return unit(Array.from({ length: size }, () => random.normal()));
}

/** A vector of about the given cosine with another. */
function near(vector: Float32Array, cosine: number, random: Random): Float32Array {
  const other = randomUnit(random);
  const sine = Math.sqrt(1 - cosine * cosine);
  return unit(vector.map((value, k) => cosine * value + sine * other[k]!));
}

function build(vectors: readonly Float32Array[]): SimilarityIndex {
  const index = new SimilarityIndex(vectors.length, size);
  vectors.forEach((vector, i) => {
    index.set(i, vector);
  });
  index.build();
  return index;
}

describe('SimilarityIndex', () => {
  const random = new Random(7);
  const count = 4000;
  const vectors = Array.from({ length: count }, () => randomUnit(random));
  const index = build(vectors);

  it.each([
    [0.98, 1],
    [0.9, 0.9],
    [0.85, 0.75],
  ])('finds vectors of cosine %f, a share of %f or more', (cosine, share) => {
    const asked = Array.from({ length: 400 }, (_, i) => i * 10);
    const found = asked.filter((i) => {
      const hits: number[] = [];
      index.query(near(vectors[i]!, cosine, random), 0.6, (other) => hits.push(other));
      return hits.includes(i);
    });
    expect(found.length / asked.length).toBeGreaterThanOrEqual(share);
  });

  it('lists each vector once, with its cosine, and none below the least', () => {
    for (let i = 0; i < count; i += 40) {
      const asked = near(vectors[i]!, 0.9, random);
      const hits: number[] = [];
      index.query(asked, 0.4, (other, cosine) => {
        hits.push(other);
        expect(cosine).toBeGreaterThanOrEqual(0.4);
        const exact = vectors[other]!.reduce((sum, value, k) => sum + value * asked[k]!, 0);
        expect(Math.abs(cosine - exact)).toBeLessThan(0.02);
      });
      expect(new Set(hits).size).toBe(hits.length);
    }
  });

  it('looks at a small part of a large set', () => {
    const hits: number[] = [];
    index.query(vectors[0]!, -1, (other) => hits.push(other));
    expect(hits.length).toBeGreaterThan(0);
    expect(hits.length).toBeLessThan(count / 20);
  });

  it('finds the vector itself in a set of one, and nothing like zero', () => {
    const one = build([vectors[0]!]);
    const hits: number[] = [];
    one.query(vectors[0]!, 0.9, (other) => hits.push(other));
    one.query(new Float32Array(size), 0.1, (other) => hits.push(other));
    expect(hits).toEqual([0]);
  });
});
