// Opens a Keras file: the zip of Keras 3 (`.keras`), or HDF5 (`.h5`, `.hdf5`), as Keras writes whole models.

import { unzipSync } from 'fflate';
import { FerlabError } from '../../errors.js';
import { readHdf5 } from '../hdf5/read-hdf5.js';
import { isObject, type KerasModel, type KerasOrigin, readKerasModel, refuse } from './config.js';
import { type LayerWeights, layerNames, storedByClass, storedByName } from './weights.js';

export interface KerasFile {
  origin: KerasOrigin;
  model: KerasModel;
  /** The network's description as in the file. */
  description: unknown;
  weights: LayerWeights;
  /** What ferlab wrote beside Keras's own entries, where it wrote the file. */
  own: unknown;
}

/** Of one file: no network for faces comes near. */
const largestFile = 2 ** 30;
const largestDescription = 64 * 2 ** 20;

const wanted = ['metadata.json', 'config.json', 'model.weights.h5', 'ferlab.json'];

/** HDF5's first bytes. */
const isHdf5 = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 4)) === '\x89HDF';
const isZip = (bytes: Uint8Array): boolean => String.fromCharCode(...bytes.subarray(0, 4)) === 'PK\x03\x04';

/** Whether the bytes are of a form that Keras writes. */
export const isKerasFile = (bytes: Uint8Array): boolean => isHdf5(bytes) || isZip(bytes);

/**
 * Reads a file that Keras wrote.
 *
 * @param where names it in messages.
 * @throws FerlabError `model` where it is damaged, holds weights alone, or no network of layers.
 */
export async function readKerasFile(bytes: Uint8Array, where: string): Promise<KerasFile> {
  if (bytes.length > largestFile)
    throw damaged(where, `expected at most ${largestFile} bytes, found ${bytes.length}`);
  return isZip(bytes) ? readZip(bytes, where) : readH5(bytes, where);
}

function damaged(where: string, problem: string): FerlabError {
  return new FerlabError(
    'model',
    `${where}: expected a whole model as Keras saves it (.keras or .h5); ${problem}. Save it once more: ` +
      'model.save("model.keras").',
  );
}

function entriesOf(bytes: Uint8Array, where: string): Record<string, Uint8Array> {
  const names: string[] = [];
  let problem: string | null = null;
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, {
      filter({ name, size, originalSize, compression }) {
        names.push(name);
        if (!wanted.includes(name)) return false;
        const limit = name.endsWith('.h5') ? largestFile : largestDescription;
        // Stored entries can't be larger than the file; of deflated ones the stated size is what is made room for.
        const expands = compression === 0 ? originalSize !== size : originalSize > 16 * 2 ** 20 + size * 50;
        if (originalSize > limit || size > bytes.length || expands)
          problem = `its ${name} would take ${originalSize} bytes`;
        return problem === null;
      },
    });
  } catch (error) {
    throw damaged(where, `the zip is damaged (${error instanceof Error ? error.message : String(error)})`);
  }
  if (problem !== null) throw damaged(where, `${problem}, more than a file of its size should hold`);
  if (names.some((name) => name.endsWith('.weights.json')))
    throw damaged(
      where,
      'its weights are divided into several files (shards). Save it without max_shard_size',
    );
  if (entries['config.json'] === undefined || entries['model.weights.h5'] === undefined) {
    const found = names.slice(0, 8).join(', ') || 'nothing';
    throw damaged(where, `expected config.json and model.weights.h5 in the zip, found ${found}`);
  }
  return entries;
}

function json(bytes: Uint8Array | string | undefined, where: string, what: string): unknown {
  try {
    return JSON.parse(
      typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes),
    );
  } catch {
    throw damaged(where, `its ${what} is no JSON`);
  }
}

async function readZip(bytes: Uint8Array, where: string): Promise<KerasFile> {
  const entries = entriesOf(bytes, where);
  const metadata = entries['metadata.json'] ? json(entries['metadata.json'], where, 'metadata.json') : {};
  const version =
    isObject(metadata) && typeof metadata.keras_version === 'string' ? metadata.keras_version : null;
  const origin: KerasOrigin = { where, version };
  const description = json(entries['config.json'], where, 'config.json');
  const model = readKerasModel(description, origin);
  const answer = await readHdf5(entries['model.weights.h5']!, ['optimizer']);
  if ('problem' in answer) throw damaged(where, `its weights can't be read: ${answer.problem}`);
  return {
    origin,
    model,
    description,
    weights: storedByClass(answer.content, model),
    own: entries['ferlab.json'] ? json(entries['ferlab.json'], where, 'ferlab.json') : null,
  };
}

async function readH5(bytes: Uint8Array, where: string): Promise<KerasFile> {
  if (!isHdf5(bytes)) throw damaged(where, 'its first bytes are those of neither form');
  const answer = await readHdf5(bytes, ['optimizer_weights', 'optimizer']);
  if ('problem' in answer) throw damaged(where, answer.problem);
  const { content } = answer;
  const attributes = content.attributes.get('');
  const described = attributes?.get('model_config');
  const root = content.attributes.has('model_weights') ? 'model_weights' : '';
  const stated = attributes?.get('keras_version') ?? content.attributes.get(root)?.get('keras_version');
  const origin: KerasOrigin = { where, version: typeof stated === 'string' ? stated : null };
  if (typeof described !== 'string') {
    const weightsOnly = layerNames(content, '').length > 0 || content.attributes.has('layers');
    throw weightsOnly || [...content.tensors.keys()].some((path) => path.includes('/vars/'))
      ? refuse(
          origin,
          'expected a whole model, found weights alone (save_weights), without the network that they belong to.',
          'Build the network in Keras, load them (load_weights), and save the whole: model.save("model.keras").',
        )
      : damaged(where, 'found HDF5 that Keras did not write');
  }
  if (Number(origin.version?.split('.')[0] ?? 2) < 2)
    throw refuse(
      origin,
      'expected a file of Keras 2 or 3.',
      'Open it in Keras 2, whose load_model reads it, and save it once more.',
    );
  const description = json(described, where, 'model_config');
  const model = readKerasModel(description, origin);
  return { origin, model, description, weights: storedByName(content, root), own: null };
}
