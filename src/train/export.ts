// Writes weights as a model file that describes itself.

import { basename, resolve } from 'node:path';
import { compileForward } from '../engine/compile/forward.js';
import type { Network, Weights } from '../engine/compile/network.js';
import { writeFileAtomically } from '../files/atomic.js';
import { encodeMetadata, modelFormat } from '../predict/metadata.js';
import { programVersion } from '../version.js';
import type { TrainConfig } from './config.js';

export interface ExportContext {
  config: TrainConfig;
  classes: readonly string[];
  /** Images per class by split. */
  counts: Record<string, Record<string, number>>;
  fingerprints: Record<string, string>;
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
  { config, classes, counts, fingerprints }: ExportContext,
): Promise<void> {
  const { preset, augment, model, optimizer, schedule, train } = config;
  const { threads, device, calibrate, ...recipe } = train;
  const metadata = encodeMetadata({
    format: modelFormat,
    version: programVersion,
    classes: [...classes],
    input: { ...config.data.imageSize, channels: 1, range: [0, 255] },
    training: { preset, augment, model, optimizer, schedule, train: recipe },
    dataset: { name: datasetName(config), counts, fingerprints },
    metrics,
  });
  const onnx = compileForward(network, 'cpu', weights);
  await writeFileAtomically(file, onnx.toBytes({ name: 'ferlab', version: programVersion }, metadata));
}
