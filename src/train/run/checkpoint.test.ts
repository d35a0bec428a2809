import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { floatTensor } from '../../engine/tensor/array.js';
import { Random } from '../../random/random.js';
import { plateauStart } from '../loop/learning-rate.js';
import { type Checkpoint, decodeCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';

const checkpoint: Checkpoint = {
  progress: {
    format: 1,
    epoch: 3,
    step: 42,
    best: { epoch: 2, value: 0.61 },
    plateau: plateauStart,
    fingerprints: { train: 'aa', validation: 'bb' },
  },
  tensors: {
    'parameters/kernel': floatTensor([2, 3], [1, -2, 3.5, 0, Number.MIN_VALUE, 1e30]),
    'parameters/scalar': floatTensor([], [7]),
    'state/mean': floatTensor([1], [0.1]),
  },
};

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-checkpoint-'));
  file = join(folder, 'last.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

describe('checkpoint', () => {
  it('reads back what was written, and writes the same bytes for the same content', async () => {
    await writeCheckpoint(file, checkpoint);
    const bytes = await readFile(file);
    const read = await readCheckpoint(file);
    expect(read).toEqual(checkpoint);
    const reordered = Object.fromEntries(Object.entries(read.tensors).reverse());
    await writeCheckpoint(file, { ...read, tensors: reordered });
    expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
  });

  it('is a safetensors file: header length, JSON header, aligned data', async () => {
    await writeCheckpoint(file, checkpoint);
    const bytes = await readFile(file);
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    expect(header['parameters/kernel']).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] });
    expect(bytes.readFloatLE(8 + length + 8)).toBe(3.5);
    expect(Object.values(header.__metadata__).every((value) => typeof value === 'string')).toBe(true);
  });

  it('refuses 2,000 damaged files or reads them, at once and in the same memory', async () => {
    await writeCheckpoint(file, checkpoint);
    const whole = await readFile(file);
    const counts = { read: 0, refused: 0 };
    let memory = 0;
    for (let seed = 0; seed < 2000; seed++) {
      const random = new Random(seed, 'damage');
      let bytes = Buffer.from(whole);
      if (seed % 4 === 0) bytes[random.integer(8)] = random.integer(256); // the header's length
      const times = seed % 4 === 1 ? 0 : 1 + random.integer(4);
      for (let i = 0; i < times; i++) bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      if (seed % 4 === 1) bytes = bytes.subarray(0, random.integer(bytes.length));
      const started = performance.now();
      try {
        decodeCheckpoint(bytes, file);
        counts.read++;
      } catch (error) {
        expect(error, `seed ${seed}`).toMatchObject({ kind: 'model' });
        counts.refused++;
      }
      expect(performance.now() - started).toBeLessThan(2000);
      if (seed === 500) memory = process.memoryUsage().rss;
    }
    expect(counts.read).toBeGreaterThan(20);
    expect(counts.refused).toBeGreaterThan(1000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(100e6);
  });

  it('refuses tensors that share their data: a small file would become many large tensors', async () => {
    await writeCheckpoint(file, checkpoint);
    const bytes = await readFile(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
    for (let i = 0; i < 1000; i++) header[`copy${i}`] = header['parameters/kernel'];
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    await writeFile(file, Buffer.concat([size, text, bytes.subarray(8 + length)]));
    await expect(readCheckpoint(file)).rejects.toThrow(/found tensors that overlap/);
  });

  it('refuses a file that is cut short anywhere, or of another kind', async () => {
    await writeCheckpoint(file, checkpoint);
    const bytes = await readFile(file);
    for (const length of [0, 5, 40, bytes.length - 1]) {
      await writeFile(file, bytes.subarray(0, length));
      await expect(readCheckpoint(file), `${length} bytes`).rejects.toThrow(
        /expected the checkpoint of a run, found/,
      );
    }
    for (const changed of ['"shape":[-2', '"dtype":"F16"', '"data_offsets":["a"', '"shape":[3']) {
      const key = changed.slice(0, changed.indexOf(':') + 1);
      const text = bytes.toString('latin1').replace(new RegExp(`${key}(\\[\\d|"F32")`), changed);
      await writeFile(file, text, 'latin1');
      await expect(readCheckpoint(file), changed).rejects.toMatchObject({ kind: 'model' });
    }
    await expect(readCheckpoint(join(folder, 'none'))).rejects.toMatchObject({ kind: 'model' });
    await writeFile(file, 'something else, long enough for a header length');
    await expect(readCheckpoint(file)).rejects.toThrow(/expected the checkpoint of a run/);
  });
});
