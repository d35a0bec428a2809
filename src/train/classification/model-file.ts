// Weights of a classifier as a model file that describes itself.

import { basename, resolve } from 'node:path';
import type { Network, Weights } from '../../engine/compile/network.js';
import { defaultFaceCrop } from '../../faces/crop.js';
import { classifierBytes } from '../../models/model-bytes.js';
import { encodeMetadata, modelFormat } from '../../predict/metadata.js';
import { programVersion } from '../../version.js';
import type { TrainConfig } from '../config/config.js';
import type { ExtraSources } from './extra-sources.js';

/** What a model file records beside its weights. */
export interface ModelOrigin {
  config: TrainConfig;
  classes: readonly string[];
  /** Images per class by split. */
  counts: Record<string, Record<string, number>>;
  /** SHA-256 of each split's images. */
  fingerprints: Record<string, string>;
  extra: Pick<ExtraSources, 'notes' | 'recipe'>;
}

/** The name of the dataset's folder or file. */
export function datasetName({ data }: Pick<TrainConfig, 'data'>): string {
  return basename(resolve(data.path ?? data.train ?? '.'));
}

/**
 * The bytes of a model file. The same weights and configuration give the same bytes: neither times nor places are
 * recorded. The probabilities are as trained, without a temperature.
 */
export function encodeModel(
  network: Network,
  weights: Weights,
  metrics: Readonly<Record<string, number>>,
  { config, classes, counts, fingerprints, extra }: ModelOrigin,
): Uint8Array {
  const { preset, augment, model, optimizer, schedule, train } = config;
  const { threads, device, calibrate, ...recipe } = train;
  const metadata = encodeMetadata({
    format: modelFormat,
    version: programVersion,
    task: 'classify',
    classes: [...classes],
    input: { ...config.data.imageSize, channels: 1, range: [0, 255] },
    training: { preset, augment, model, optimizer, schedule, train: recipe, ...extra.recipe },
    dataset: { name: datasetName(config), counts, fingerprints },
    metrics,
    crop: defaultFaceCrop,
    ...(extra.notes.length > 0 ? { notes: extra.notes } : {}),
  });
  return classifierBytes(network, weights, metadata, programVersion);
}
