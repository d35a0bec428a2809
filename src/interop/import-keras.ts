// A Keras file as a model file of ours.

import { basename } from 'node:path';
import { FerlabError } from '../errors.js';
import { defaultFaceCrop } from '../faces/crop.js';
import { createNetwork } from '../models/create.js';
import type { ImportedModel } from '../models/imported.js';
import { classifierBytes } from '../models/model-bytes.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from '../predict/metadata.js';
import type { ModelNote } from '../predict/notes.js';
import { programVersion } from '../version.js';
import { convertKeras, type KerasNetwork } from './keras/convert.js';
import type { KerasFile } from './keras/read-file.js';
import { type Scaling, scalingOptions, usualScalings } from './scaling.js';
import type { ImportSettings } from './settings.js';

/** A model file made of another's. */
export interface Imported {
  bytes: Uint8Array;
  metadata: ModelMetadata;
  /** What people should know. */
  notes: string[];
}

/** The error for a file that doesn't say how pixels are scaled, with the usual ways. */
export function missingScaling(where: string): FerlabError {
  const ways = usualScalings.map(({ options, means }) => `${scalingOptions(options)} (${means})`);
  return new FerlabError(
    'usage',
    `${where}: expected to be told how pixels from 0 to 255 were scaled when it was trained, since the file doesn't say; got ` +
      `nothing. Add one of ${ways.join(', ')}, or find out with labelled images: --check DATASET.`,
  );
}

/** What is noted of every imported model. */
export const originNote = (file: string, source: string): ModelNote => ({
  of: null,
  text:
    `Imported from ${file} (${source}), which doesn't say what it was trained on: scores on those images wouldn't measure ` +
    'how it does on new faces.',
});

/**
 * The network of a Keras file, with the scaling asked for.
 *
 * @throws FerlabError `usage` where the file doesn't say its scaling and none is given, or says one and another is given.
 */
export function kerasNetwork(
  file: KerasFile,
  scaling: Scaling | null,
  size: ImportSettings['size'],
): KerasNetwork {
  const found = convertKeras(file.model, file.weights, file.origin, { scaling, size });
  const { where } = file.origin;
  if (scaling === null && !found.scalesItself) throw missingScaling(where);
  if (scaling !== null && found.scalesItself) {
    throw new FerlabError(
      'usage',
      `${where}: expected no --scale, --mean and --std, since the network scales its pixels itself; got some. Leave them out.`,
    );
  }
  return found;
}

/** @throws FerlabError `usage` where their number is not that of the network's outputs. */
export function checkClasses(where: string, classes: readonly string[], outputs: number): void {
  if (classes.length === outputs) return;
  throw new FerlabError(
    'usage',
    `--classes: expected ${outputs} names, one for each output of ${where} in their order; got ${classes.length} (${classes.join(', ')}).`,
  );
}

export function encodeKeras(
  file: KerasFile,
  { model, weights, classes: outputs, notes }: KerasNetwork,
  { classes, scaling }: Pick<ImportSettings, 'classes' | 'scaling'>,
): Imported {
  const { where } = file.origin;
  checkClasses(where, classes, outputs);
  const metadata = importedMetadata(model, classes, { file: basename(where), scaling });
  const network = createNetwork(model, model.size, outputs);
  const bytes = classifierBytes(network, weights, encodeMetadata(metadata), programVersion);
  return { bytes, metadata, notes };
}

function importedMetadata(
  model: ImportedModel,
  classes: readonly string[],
  { file, scaling }: { file: string; scaling: Scaling | null },
): ModelMetadata {
  return {
    format: modelFormat,
    version: programVersion,
    task: 'classify',
    classes: [...classes],
    input: { ...model.size, channels: 1, range: [0, 255] },
    training: { model: { ...model }, imported: { file, source: model.source, scaling } },
    dataset: { name: 'unknown', counts: {}, fingerprints: {} },
    metrics: {},
    notes: [originNote(file, model.source)],
    crop: defaultFaceCrop,
  };
}
