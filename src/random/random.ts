// Seeded random streams. Every random choice of a run (initialisation, shuffling, augmentation, dropout)
// comes from a stream derived from the run's seed and the labels of its use, so that nothing depends on
// the order in which work is done and a resumed run makes the same choices.
//
// Generator: xoshiro128** (Blackman and Vigna 2018, https://prng.di.unimi.it), state filled by MurmurHash3's
// 32-bit mixing of the labels. Not for cryptography.

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** MurmurHash3 (x86, 32 bit) over 32-bit words, with its final mix. */
function hashWords(words: readonly number[], seed: number): number {
  let h = seed | 0;
  for (const word of words) {
    let k = Math.imul(word, 0xcc9e2d51);
    k = Math.imul(rotateLeft(k, 15), 0x1b873593);
    h = (Math.imul(rotateLeft(h ^ k, 13), 5) + 0xe6546b64) | 0;
  }
  h ^= words.length * 4;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function toWords(labels: readonly (string | number)[]): number[] {
  const words: number[] = [];
  for (const label of labels) {
    if (typeof label === 'number') {
      words.push(label | 0, Math.floor(label / 4294967296) | 0);
    } else {
      words.push(label.length);
      for (let i = 0; i < label.length; i++) words.push(label.charCodeAt(i));
    }
  }
  return words;
}

/** One stream of random numbers. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /**
   * @param labels what the stream is for, the run's seed first: `new Random(seed, 'shuffle', epoch)`.
   *   Integers (up to 2^53) and strings; streams with different labels are independent.
   */
  constructor(...labels: (string | number)[]) {
    const words = toWords(labels);
    this.a = hashWords(words, 0x9e3779b9);
    this.b = hashWords(words, 0x243f6a88);
    this.c = hashWords(words, 0xb7e15162);
    this.d = hashWords(words, 0x6a09e667) | 1; // never all zero
  }

  /** The next 32 random bits, as an unsigned integer. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return result >>> 0;
  }

  /** Uniform in [low, high), by default [0, 1). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 4294967296);
  }

  /** A uniform integer in [0, below). `below` from 1 to 2^32. */
  integer(below: number): number {
    return Math.floor((this.uint32() / 4294967296) * below);
  }

  /** A draw from the normal distribution, by Box and Muller's method. */
  normal(mean = 0, standardDeviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + standardDeviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles in place (Fisher and Yates), and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    const list = items as { length: number; [index: number]: unknown };
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = list[i];
      list[i] = list[j];
      list[j] = kept;
    }
    return items;
  }

  /**
   * Fills `words` with 8 random bits each, every bit set with probability `share` (to the nearest 1/65536).
   *
   * Random words are joined by OR and AND along the binary digits of `share`, the last digit first: 32 draws at once,
   * from one word for a share of 1/2, two for 1/4 or 3/4, and at most 16.
   */
  fillBits(words: Int32Array, share: number): void {
    const resolution = 16;
    let digits = Math.round(share * 2 ** resolution);
    if (digits <= 0 || digits >= 2 ** resolution) {
      words.fill(digits <= 0 ? 0 : 0xff);
      return;
    }
    let count = resolution;
    for (; digits % 2 === 0; digits /= 2) count--;
    for (let i = 0; i < words.length; i += 4) {
      let bits = 0;
      for (let digit = 0; digit < count; digit++) {
        const drawn = this.uint32();
        bits = (digits >> digit) & 1 ? bits | drawn : bits & drawn;
      }
      const end = Math.min(4, words.length - i);
      for (let j = 0; j < end; j++) words[i + j] = (bits >>> (8 * j)) & 0xff;
    }
  }
}
