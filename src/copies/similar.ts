// Finds vectors of high cosine among millions without comparing all pairs: locality-sensitive hashing by the signs of
// random projections (Charikar 2002), with fast projections (signs and Hadamard transforms, as Andoni et al. 2015).
// Approximate: a pair is found when any of the tables puts both into one bucket, which grows more probable with the
// cosine; what is found is exact to the rounding of 8 bits.

import { Random } from '../random/random.js';

/** Projections are made in blocks of this many. */
const block = 64;
/** Rounds of which no projections are taken. */
const roundsBefore = 2;
const tables = 16;
const wordBits = 32;
const signatureBits = 2 * wordBits;
/**
 * Signature bits that may differ, in the first word and in both. At a cosine of 0.75 the expected numbers are 7.4 and
 * 14.7 (standard deviations 2.4 and 3.4), for unrelated vectors 16 and 32.
 */
const mostBits = { first: 12, both: 21 };
/** Buckets hold about this many vectors. */
const bucketLoad = 16;
/** Coordinates of unit vectors are stored as integers, this being 1. */
const quantum = 127;

/**
 * Signs of random projections of a vector of at most 64 coordinates. A round turns the signs of coordinates at random
 * and takes the Hadamard transform; three of them come close to a random rotation, and each further round to another.
 */
class SignProjections {
  /** Of every round, `block` factors of 1 or -1. */
  private readonly signs: Float64Array;
  private readonly work = new Float64Array(block);

  constructor(
    readonly bits: number,
    seed: number,
  ) {
    const rounds = Math.ceil(bits / block) + roundsBefore;
    const random = new Random(seed, 'audit', 'projections');
    this.signs = Float64Array.from({ length: rounds * block }, () => (random.integer(2) === 0 ? 1 : -1));
  }

  /** Writes bits 0 or 1. */
  write(vector: ArrayLike<number>, target: Uint8Array): void {
    const { signs, work, bits } = this;
    for (let i = 0; i < block; i++) work[i] = i < vector.length ? vector[i]! : 0;
    for (let round = 0; round * block < signs.length; round++) {
      for (let i = 0; i < block; i++) work[i]! *= signs[round * block + i]!;
      hadamard(work);
      const first = (round - roundsBefore) * block;
      const end = Math.min(bits, first + block);
      for (let i = Math.max(0, first); i < end; i++) target[i] = work[i - first]! > 0 ? 1 : 0;
    }
  }
}

/** The unnormalised Walsh-Hadamard transform, in place. */
function hadamard(values: Float64Array): void {
  for (let half = 1; half < block; half *= 2) {
    for (let i = 0; i < block; i += 2 * half) {
      for (let j = i; j < i + half; j++) {
        const a = values[j]!;
        const b = values[j + half]!;
        values[j] = a + b;
        values[j + half] = a - b;
      }
    }
  }
}

function bitCount(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Vectors by bucket: those of bucket k are the entries from `starts[k]` to `starts[k + 1]`. An entry is three numbers:
 * the vector's and both words of its signature, side by side because memory is what a query waits for.
 */
interface Table {
  starts: Int32Array;
  entries: Int32Array;
}

/** Vectors in memory, to be asked for those similar to another. */
export class SimilarityIndex {
  private readonly keyBits: number;
  private readonly projections: SignProjections;
  private readonly bits: Uint8Array;
  private readonly vectors: Int8Array;
  /** Signatures, two words each, and the bucket of every vector by table; given up once the tables are built. */
  private words: Int32Array;
  private keys: Int32Array[];
  private readonly built: Table[] = [];
  private readonly stamps: Int32Array;
  private stamp = 0;
  private readonly quantised: Int8Array;

  /**
   * @param count number of vectors that will be set.
   * @param size coordinates of each, at most 64.
   */
  constructor(
    readonly count: number,
    readonly size: number,
    seed = 0,
  ) {
    if (size < 1 || size > block)
      throw new RangeError(`SimilarityIndex: expected size 1 to 64, found ${size}`);
    this.keyBits = Math.max(0, Math.min(24, Math.round(Math.log2(Math.max(1, count) / bucketLoad))));
    this.projections = new SignProjections(signatureBits + tables * this.keyBits, seed);
    this.bits = new Uint8Array(this.projections.bits);
    this.vectors = new Int8Array(count * size);
    this.words = new Int32Array(2 * count);
    this.keys = Array.from({ length: tables }, () => new Int32Array(count));
    this.stamps = new Int32Array(count);
    this.quantised = new Int8Array(size);
  }

  /** Bits of the last projection, `length` of them (at most 32), as a number. */
  private word(from: number, length: number): number {
    let word = 0;
    for (let k = from; k < from + length; k++) word = (word << 1) | this.bits[k]!;
    return word;
  }

  private key(table: number): number {
    return this.word(signatureBits + table * this.keyBits, this.keyBits);
  }

  private quantise(vector: ArrayLike<number>, target: Int8Array, at: number): void {
    for (let k = 0; k < this.size; k++) {
      target[at + k] = Math.round(vector[k]! * quantum);
    }
  }

  /** Stores vector i, of length 1 (or all zeros). */
  set(i: number, vector: Float32Array): void {
    this.quantise(vector, this.vectors, i * this.size);
    this.projections.write(vector, this.bits);
    this.words[2 * i] = this.word(0, wordBits);
    this.words[2 * i + 1] = this.word(wordBits, wordBits);
    for (let t = 0; t < tables; t++) this.keys[t]![i] = this.key(t);
  }

  /** Makes the tables, once all vectors are set. */
  build(): void {
    for (const keys of this.keys) {
      const starts = new Int32Array(2 ** this.keyBits + 1);
      for (const key of keys) starts[key + 1]!++;
      for (let k = 1; k < starts.length; k++) starts[k]! += starts[k - 1]!;
      const next = starts.slice();
      const entries = new Int32Array(this.count * 3);
      keys.forEach((key, i) => {
        const place = next[key]!++ * 3;
        entries[place] = i;
        entries[place + 1] = this.words[2 * i]!;
        entries[place + 2] = this.words[2 * i + 1]!;
      });
      this.built.push({ starts, entries });
    }
    this.keys = [];
    this.words = new Int32Array(0);
  }

  /** Calls `visit`, once each, for the vectors found whose cosine with `vector` (of length 1) is at least `least`. */
  query(vector: Float32Array, least: number, visit: (i: number, cosine: number) => void): void {
    this.stamp++;
    this.projections.write(vector, this.bits);
    const firstWord = this.word(0, wordBits);
    const secondWord = this.word(wordBits, wordBits);
    this.quantise(vector, this.quantised, 0);
    const { stamps, stamp } = this;
    const leastDot = least * quantum * quantum;
    for (let table = 0; table < tables; table++) {
      const { starts, entries } = this.built[table]!;
      const key = this.key(table);
      const end = starts[key + 1]! * 3;
      for (let place = starts[key]! * 3; place < end; place += 3) {
        const different = bitCount(entries[place + 1]! ^ firstWord);
        if (different > mostBits.first) continue;
        if (different + bitCount(entries[place + 2]! ^ secondWord) > mostBits.both) continue;
        const i = entries[place]!;
        if (stamps[i] === stamp) continue;
        stamps[i] = stamp;
        const dot = this.dot(i);
        if (dot >= leastDot) visit(i, dot / (quantum * quantum));
      }
    }
  }

  /** The product of vector i and the one asked for. */
  private dot(i: number): number {
    const { vectors, quantised, size } = this;
    let sum = 0;
    for (let k = 0, at = i * size; k < size; k++, at++) sum += vectors[at]! * quantised[k]!;
    return sum;
  }
}
