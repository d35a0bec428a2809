// The thread that reads a file of HDF5. The library behind it is HDF5's own, in C, as WebAssembly: a hostile file can make
// it work for ever or give up, and this thread can be ended. It sees the file's bytes alone, in a file system in memory,
// so that links to other files lead nowhere.

import { parentPort } from 'node:worker_threads';
import h5wasm, { type Attribute, type Dataset, type Group } from 'h5wasm';
import type { Hdf5Attribute, Hdf5Content, Hdf5Tensor } from './content.js';
import type { Hdf5Answer, Hdf5Task } from './read-hdf5.js';

/** More groups and datasets, or deeper ones, no file of weights has. */
const mostObjects = 50_000;
const deepest = 40;
/** Of an attribute: the description of a network is one. */
const largestAttribute = 64 * 2 ** 20;

class Refused extends Error {}

/** Bytes that may still be read. */
class Budget {
  objects = mostObjects;
  constructor(private bytes: number) {}

  take(bytes: number, what: string): void {
    if (!(bytes >= 0) || bytes > this.bytes)
      throw new Refused(`its ${what} would take ${bytes} bytes, more than a file of its size can hold`);
    this.bytes -= bytes;
  }
}

function readAttribute(attribute: Attribute, budget: Budget, where: string): Hdf5Attribute | null {
  const { size, total_size: count, vlen } = attribute.metadata;
  const bytes = Number(size) * Number(count);
  if (bytes > largestAttribute) throw new Refused(`its attribute ${where} is of ${bytes} bytes`);
  budget.take(bytes, `attribute ${where}`);
  if (Number(count) === 0) return [];
  if (vlen && Number(count) > 100_000) throw new Refused(`its attribute ${where} has ${count} parts`);
  const { value } = attribute;
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value as string[];
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  return null;
}

function readTensor(dataset: Dataset, budget: Budget, path: string): Hdf5Tensor | null {
  const { type, size, shape, vlen } = dataset.metadata;
  // Class 0 are integers, 1 floats: counters and seeds stand beside weights.
  if (vlen || (type !== 0 && type !== 1) || shape === null) return null;
  const count = shape.reduce((product, length) => product * length, 1);
  budget.take(count * Math.max(size, 4), `tensor ${path}`);
  const value = dataset.value;
  const values = typeof value === 'number' || typeof value === 'bigint' ? [value] : value;
  if (!ArrayBuffer.isView(values) && !Array.isArray(values)) return null;
  const list = values as unknown as ArrayLike<number | bigint>;
  if (list.length !== count) throw new Refused(`its tensor ${path} holds ${list.length} of ${count} values`);
  const data = list instanceof Float32Array ? list.slice() : Float32Array.from(list, Number);
  return { shape: [...shape], data };
}

function walk(
  group: Group,
  path: string,
  depth: number,
  skip: (path: string) => boolean,
  budget: Budget,
  found: { attributes: Map<string, Map<string, Hdf5Attribute>>; tensors: Map<string, Hdf5Tensor> },
): void {
  if (depth > deepest) throw new Refused(`its groups are nested ${deepest} deep`);
  const own = new Map<string, Hdf5Attribute>();
  for (const [name, attribute] of Object.entries(group.attrs)) {
    const value = readAttribute(attribute, budget, `${path}@${name}`);
    if (value !== null) own.set(name, value);
  }
  if (own.size > 0) found.attributes.set(path, own);
  for (const name of group.keys()) {
    const inner = path === '' ? name : `${path}/${name}`;
    budget.objects--;
    if (budget.objects < 0) throw new Refused(`it has more than ${mostObjects} groups and datasets`);
    if (skip(inner)) continue;
    const entity = group.get(name);
    if (entity instanceof h5wasm.Group) walk(entity, inner, depth + 1, skip, budget, found);
    else if (entity instanceof h5wasm.Dataset) {
      const tensor = readTensor(entity, budget, inner);
      if (tensor !== null) found.tensors.set(inner, tensor);
    }
  }
}

async function read({ bytes, mostBytes, skip }: Hdf5Task): Promise<Hdf5Content> {
  const { FS } = await h5wasm.ready;
  FS.writeFile('/file.h5', bytes);
  const found = {
    attributes: new Map<string, Map<string, Hdf5Attribute>>(),
    tensors: new Map<string, Hdf5Tensor>(),
  };
  const file = new h5wasm.File('/file.h5', 'r');
  if (file.file_id < 0n) throw new Refused('it is no whole file of HDF5');
  walk(file, '', 0, (path) => skip.includes(path), new Budget(mostBytes), found);
  file.close();
  FS.unlink('/file.h5');
  return found;
}

parentPort!.on('message', async (task: Hdf5Task) => {
  let answer: Hdf5Answer;
  try {
    answer = { content: await read(task) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    answer = { problem: error instanceof Refused ? reason : `HDF5 can't read it (${reason.split('\n')[0]})` };
  }
  parentPort!.postMessage(answer);
});
