// The checkpoint of a run: everything that is carried from step to step, and where the run stands. One file in the
// safetensors format (https://github.com/huggingface/safetensors: header length, JSON header, raw little-endian
// data), so that other programs can read the weights. It holds no times: the same run writes the same bytes.

import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { floatTensor, type HostTensor } from '../../engine/tensor/array.js';
import { elementCount } from '../../engine/tensor/type.js';
import { FerlabError } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import type { Progress } from '../loop/fit.js';

const progressSchema = z.object({
  format: z.literal(1),
  /** Epochs done. */
  epoch: z.number().int().positive(),
  /** Steps done. */
  step: z.number().int().positive(),
  /** The best epoch so far and its monitored value; null where none was a number. */
  best: z.object({ epoch: z.number().int(), value: z.number() }).nullable(),
  plateau: z.object({ factor: z.number(), best: z.number().nullable(), waited: z.number().int() }),
  /** SHA-256 of all that decides the weights beside the configuration, by name: images of both splits, teachers, ... */
  fingerprints: z.record(z.string(), z.string()),
}) satisfies z.ZodType<StoredProgress>;

/** Where a run stands after an epoch, and what it trains on. */
interface StoredProgress extends Progress {
  format: 1;
  fingerprints: Record<string, string>;
}

export interface Checkpoint {
  progress: StoredProgress;
  tensors: Record<string, HostTensor>;
}

const offset = z.number().int().nonnegative();
const headerSchema = z
  .object({ __metadata__: z.object({ ferlab: z.string() }) })
  .catchall(
    z.object({ dtype: z.literal('F32'), shape: z.array(offset), data_offsets: z.tuple([offset, offset]) }),
  );

/** Writes a checkpoint atomically. Throws FerlabError `io`. */
export async function writeCheckpoint(path: string, { progress, tensors }: Checkpoint): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { ferlab: JSON.stringify(progress) } };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { type, data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    header[name] = { dtype: 'F32', shape: type.shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  // Padded with spaces so that the data starts at a multiple of 8, as the format asks.
  const text = JSON.stringify(header);
  const encoded = new TextEncoder().encode(
    text.padEnd(text.length + ((8 - (Buffer.byteLength(text) % 8)) % 8)),
  );
  const length = new Uint8Array(new BigUint64Array([BigInt(encoded.length)]).buffer);
  await writeFileAtomically(path, Buffer.concat([length, encoded, ...parts]));
}

const refusal = (path: string, found: string, cause?: unknown): FerlabError =>
  new FerlabError(
    'model',
    `${path}: expected the checkpoint of a run, found ${found}. Start the training anew in another folder.`,
    { cause },
  );

/** Reads a checkpoint back. Throws FerlabError `model` where the file isn't a whole one. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw refusal(path, (error as Error).message, error);
  }
  return decodeCheckpoint(bytes, path);
}

/** The checkpoint in a file's bytes; `path` names the file in messages. Throws as readCheckpoint does. */
export function decodeCheckpoint(content: Uint8Array, path: string): Checkpoint {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const fail = (found: string, cause?: unknown) => refusal(path, found, cause);
  if (bytes.length < 8) throw fail('a file that is cut short');
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const start = 8 + headerLength;
  if (!(start <= bytes.length)) throw fail('a file that is cut short or of another kind');
  let entries: Record<string, { shape: number[]; data_offsets: [number, number] }>;
  let progress: StoredProgress;
  try {
    const { __metadata__, ...rest } = headerSchema.parse(JSON.parse(bytes.toString('utf8', 8, start)));
    entries = rest;
    progress = progressSchema.parse(JSON.parse(__metadata__.ferlab));
  } catch (error) {
    throw fail('a header that this version does not write', error);
  }
  // Tensors may not share data: a small file would become many large tensors.
  const sizes = Object.values(entries).map(({ data_offsets: [from, to] }) => to - from);
  if (sizes.reduce((sum, size) => sum + size, 0) > bytes.length - start) throw fail('tensors that overlap');
  const tensors: Record<string, HostTensor> = {};
  for (const [name, { shape, data_offsets }] of Object.entries(entries)) {
    const [from, to] = data_offsets;
    if (to - from !== elementCount(shape) * 4 || start + to > bytes.length)
      throw fail(`a tensor ${name} that is cut short`);
    // Copied: the file's offsets need not be aligned for floats.
    const data = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + start + from, bytes.byteOffset + start + to),
    );
    tensors[name] = floatTensor(shape, data);
  }
  return { progress, tensors };
}
