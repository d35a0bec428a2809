// Where a network's weights begin: at random, or at those of a model file (fine-tuning). What doesn't fit, as the last
// layer where the classes are others, begins at random even then.

import { initializeWeights, type Network, type Tensors, type Weights } from '../../engine/compile/network.js';
import { storedTensors } from '../../engine/onnx/edit.js';
import { sameShape } from '../../engine/tensor/type.js';
import { FerlabError } from '../../errors.js';
import { classifier, type ModelConfig } from '../../models/create.js';
import type { ModelNote } from '../../predict/notes.js';
import { parseModelFile } from '../../predict/parse-model.js';
import {
  inheritedNotes,
  isSameTrainingSet,
  type ModelReference,
  readReferencedModel,
  referenceName,
  type TrainingSet,
} from './model-reference.js';

/** A model file to start from. */
export interface Start extends ModelReference {
  /** Its tensors by name: `parameters/...` and `state/...`. */
  tensors: Tensors;
}

/**
 * Reads a model file to start from.
 *
 * @param from its path, or `box` for the model that comes with ferlab.
 * @param network that is trained. It may have more residual blocks than the file's, not fewer.
 * @throws FerlabError `model` where the file is missing or no model, or holds another network's weights.
 */
export async function openStart(from: string, network: ModelConfig): Promise<Start> {
  const { name } = network;
  const extraBlocks = 'extraBlocks' in network ? network.extraBlocks : 0;
  const { path: file, bytes, fingerprint } = await readReferencedModel(from);
  const { model, metadata } = parseModelFile(bytes, file);
  const found = metadata.training.model as { name?: unknown; extraBlocks?: unknown } | undefined;
  if (found?.name !== name) {
    const advice =
      found?.name === 'onnx'
        ? 'It was imported from ONNX, as a graph for predicting alone: no training can start from it, but it can teach (--teacher).'
        : 'Give a model of that network, or another --preset.';
    throw new FerlabError(
      'model',
      `${file}: expected the weights of the network ${name}, found those of ${found?.name}. ${advice}`,
    );
  }
  if (network.name === 'imported' && JSON.stringify(network.nodes) !== JSON.stringify(nodesOf(found))) {
    throw new FerlabError(
      'model',
      `${file}: expected the imported network that the run was begun with, found another. Give the file that it started from.`,
    );
  }
  if (Number(found.extraBlocks ?? 0) > extraBlocks) {
    throw new FerlabError(
      'model',
      `${file}: expected at most ${extraBlocks} extra blocks in each stage, found ${found.extraBlocks}. ` +
        'Give as many or more with --extra-blocks.',
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

const nodesOf = (found: object): unknown => ('nodes' in found ? found.nodes : undefined);

/**
 * Weights to begin training with.
 *
 * @param start null for random ones alone.
 * @param classes of the dataset. The last layer is only taken over from a model of the same classes.
 * @returns the weights, and names of those that begin at random: because what the file holds doesn't fit, or because it
 *   holds none of them.
 */
export function startingWeights(
  network: Network,
  seed: number,
  start: Pick<Start, 'tensors' | 'metadata'> | null,
  classes: readonly string[],
): { weights: Weights; unfit: string[]; absent: string[] } {
  const random = initializeWeights(network, seed);
  if (start === null) return { weights: random, unfit: [], absent: [] };
  const sameClasses = start.metadata.classes.join('\0') === classes.join('\0');
  const unfit: string[] = [];
  const absent: string[] = [];
  const choose = (kind: keyof Weights): Tensors =>
    Object.fromEntries(
      Object.entries(random[kind]).map(([path, tensor]) => {
        const stored = start.tensors[`${kind}/${path}`];
        const fits = stored !== undefined && sameShape(stored.type.shape, tensor.type.shape);
        if (fits && (sameClasses || !path.startsWith(`${classifier}/`))) return [path, stored];
        (stored === undefined ? absent : unfit).push(path);
        return [path, tensor];
      }),
    );
  return { weights: { parameters: choose('parameters'), state: choose('state') }, unfit, absent };
}

/** Lines for the log about weights that begin at random; none where all are taken over. */
export function describeFresh(
  from: string,
  { unfit, absent }: { unfit: readonly string[]; absent: readonly string[] },
): string[] {
  const layers = new Set(absent.map((path) => path.split('/')[0]));
  return [
    ...(unfit.length === 0
      ? []
      : [`Not taken over from ${from}, since they don't fit: ${unfit.join(', ')}.`]),
    ...(absent.length === 0 ? [] : [`Not in ${from}, so that they begin anew: ${[...layers].join(', ')}.`]),
  ];
}

/** Notes for a network that begins with these weights and is trained on these images. */
export function startNotes(start: ModelReference, trained: TrainingSet): ModelNote[] {
  const name = referenceName(start);
  const others = isSameTrainingSet(start, trained)
    ? ''
    : `, trained on other images or labels (${start.metadata.dataset.name}): scores on those don't measure how it does on new faces`;
  const text = `Started from the weights of ${name}${others}.`;
  return [{ of: null, text }, ...inheritedNotes(start)];
}
