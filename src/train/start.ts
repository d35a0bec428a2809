// Where a network's weights begin: at random, or at those of a model file (fine-tuning). What doesn't fit, as the last
// layer where the classes are others, begins at random even then.

import { initializeWeights, type Network, type Tensors, type Weights } from '../engine/compile/network.js';
import { storedTensors } from '../engine/onnx/edit.js';
import { sameShape } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { classifier, type ModelName } from '../models/create.js';
import { parseModelFile } from '../predict/model.js';
import { type GivenModel, givenModelName, readGivenModel } from './given-model.js';

/** A model file to start from. */
export interface Start extends GivenModel {
  /** Its tensors by name: `parameters/...` and `state/...`. */
  tensors: Tensors;
}

/**
 * Reads a model file to start from.
 *
 * @param from its path, or `box` for the model that comes with ferlab.
 * @param name of the network that is trained.
 * @throws FerlabError `model` where the file is missing or no model, or holds another network's weights.
 */
export async function openStart(from: string, name: ModelName): Promise<Start> {
  const { path: file, bytes, fingerprint } = await readGivenModel(from);
  const { model, metadata } = parseModelFile(bytes, file);
  const found = (metadata.training.model as { name?: unknown } | undefined)?.name;
  if (found !== name) {
    throw new FerlabError(
      'model',
      `${file}: expected the weights of the network ${name}, found those of ${found}. ` +
        'Give a model of that network, or another --preset.',
    );
  }
  const tensors = storedTensors(model);
  if (!Object.keys(tensors).some((tensor) => tensor.startsWith('parameters/'))) {
    throw new FerlabError(
      'model',
      `${file}: expected weights that are named by their layers, found none that are. An earlier ferlab wrote it: ` +
        'train it anew to start from it.',
    );
  }
  return { file: from, fingerprint, metadata, tensors };
}

/**
 * Weights to begin training with.
 *
 * @param start null for random ones alone.
 * @param classes of the dataset. The last layer is only taken over from a model of the same classes.
 * @returns the weights, and names of those that begin at random because nothing in the file fits.
 */
export function startingWeights(
  network: Network,
  seed: number,
  start: Pick<Start, 'tensors' | 'metadata'> | null,
  classes: readonly string[],
): { weights: Weights; fresh: string[] } {
  const random = initializeWeights(network, seed);
  if (start === null) return { weights: random, fresh: [] };
  const sameClasses = start.metadata.classes.join('\0') === classes.join('\0');
  const fresh: string[] = [];
  const choose = (kind: keyof Weights): Tensors =>
    Object.fromEntries(
      Object.entries(random[kind]).map(([path, tensor]) => {
        const stored = start.tensors[`${kind}/${path}`];
        const fits = stored !== undefined && sameShape(stored.type.shape, tensor.type.shape);
        if (fits && (sameClasses || !path.startsWith(`${classifier}/`))) return [path, stored];
        fresh.push(path);
        return [path, tensor];
      }),
    );
  return { weights: { parameters: choose('parameters'), state: choose('state') }, fresh };
}

/** What the log says of weights that begin at random; null where none does. */
export function describeFresh(from: string, fresh: readonly string[]): string | null {
  if (fresh.length === 0) return null;
  return `Not taken over from ${from}, since they don't fit: ${fresh.join(', ')}.`;
}

/**
 * What stands in the model file and the report.
 *
 * @param trained fingerprint of the images that the network is trained on now.
 */
export function startNotes(start: GivenModel, trained: string): string[] {
  const name = givenModelName(start);
  const { dataset, notes = [] } = start.metadata;
  const others =
    dataset.fingerprints.train === trained
      ? ''
      : `, trained on other images or labels (${dataset.name}): scores on those say nothing of new faces`;
  return [`Started from the weights of ${name}${others}.`, ...notes.map((note) => `Of ${name}: ${note}`)];
}
