// Writes weights as a model file that describes itself.

import { basename, resolve } from 'node:path';
import { compileForward } from '../../engine/compile/forward.js';
import type { Network, Weights } from '../../engine/compile/network.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { encodeMetadata, modelFormat } from '../../predict/metadata.js';
import { programVersion } from '../../version.js';
import type { TrainConfig } from '../config/config.js';
import type { Supervision } from '../supervision/supervision.js';

export interface ExportContext {
  config: TrainConfig;
  classes: readonly string[];
  /** Images per class by split. */
  counts: Record<string, Record<string, number>>;
  /** SHA-256 of each split's images. */
  fingerprints: Record<string, string>;
  /** What it was trained with beside the labels; nothing unless given. */
  supervision?: Pick<Supervision, 'notes' | 'recipe'>;
}

/** What a model file calls its dataset: the folder's name. */
export function datasetName({ data }: TrainConfig): string {
  return basename(resolve(data.path ?? data.train ?? '.'));
}

/**
 * Writes `file` atomically. The same weights and configuration give the same bytes: neither times nor places are
 * recorded. The probabilities are as trained; see calibrateRun.
 */
export async function exportModel(
  file: string,
  network: Network,
  weights: Weights,
  metrics: Record<string, number>,
  { config, classes, counts, fingerprints, supervision }: ExportContext,
): Promise<void> {
  const { preset, augment, model, optimizer, schedule, train } = config;
  const { threads, device, calibrate, ...recipe } = train;
  const metadata = encodeMetadata({
    format: modelFormat,
    version: programVersion,
    classes: [...classes],
    input: { ...config.data.imageSize, channels: 1, range: [0, 255] },
    training: { preset, augment, model, optimizer, schedule, train: recipe, ...supervision?.recipe },
    dataset: { name: datasetName(config), counts, fingerprints },
    metrics,
    ...(supervision?.notes.length ? { notes: supervision.notes } : {}),
  });
  const onnx = compileForward(network, 'webgpu', { stored: weights }); // whose forms run everywhere
  await writeFileAtomically(file, onnx.toBytes({ name: 'ferlab', version: programVersion }, metadata));
}
