// A stage's weights as a model file that describes itself.

import type { Weights } from '../../../engine/compile/network.js';
import { editMetadata, serializeModel, storeAsFloat16 } from '../../../engine/onnx/edit.js';
import { readMetadataProps } from '../../../engine/onnx/metadata-props.js';
import { parseModel } from '../../../engine/onnx/model.js';
import { type CascadeThresholds, cascadeKey } from '../../../faces/cascade-file.js';
import { encodeCascadeStage } from '../../../models/cascade.js';
import { programVersion } from '../../../version.js';
import type { StageConfig } from './stages.js';

const keys = {
  task: 'ferlab.task',
  stage: 'ferlab.stage',
  training: 'ferlab.training',
  metrics: 'ferlab.metrics',
  threshold: 'ferlab.threshold',
};

/** The same weights and configuration give the same bytes: neither times nor places are recorded. */
export function encodeStage(
  config: StageConfig,
  weights: Weights,
  metrics: Readonly<Record<string, number>>,
): Uint8Array {
  const { stage, train, ...rest } = config;
  const { threads, device, ...recipe } = train;
  return encodeCascadeStage(
    stage,
    weights,
    { name: 'ferlab', version: programVersion },
    {
      [keys.task]: JSON.stringify('detect'),
      [keys.stage]: JSON.stringify(stage),
      [keys.training]: JSON.stringify({ ...rest, train: recipe }),
      [keys.metrics]: JSON.stringify(metrics),
    },
  );
}

/** The file with the threshold of its stage. */
export function withThreshold(bytes: Uint8Array, threshold: number): Uint8Array {
  const model = parseModel(bytes);
  editMetadata(model, { [keys.threshold]: JSON.stringify(threshold) });
  return serializeModel(model);
}

/** O-Net's file with the thresholds of all stages, which openCascade goes by. */
export function withCascadeThresholds(onet: Uint8Array, thresholds: CascadeThresholds): Uint8Array {
  const model = parseModel(onet);
  editMetadata(model, { [cascadeKey]: JSON.stringify(thresholds) });
  return serializeModel(model);
}

/** The threshold in a stage's file. */
export function thresholdOf(bytes: Uint8Array): number {
  return Number(JSON.parse(readMetadataProps(bytes)[keys.threshold] ?? 'NaN'));
}

/** Tensors of fewer numbers stay float32: they take no room. */
const fewestHalf = 1024;

/**
 * A stage's file as the detector has it: larger tensors as float16.
 *
 * @param thresholds of all stages, for O-Net's file.
 */
export function detectorFile(bytes: Uint8Array, thresholds?: CascadeThresholds): Uint8Array {
  const model = parseModel(bytes);
  storeAsFloat16(model, fewestHalf);
  editMetadata(model, {
    [keys.threshold]: null,
    ...(thresholds === undefined ? {} : { [cascadeKey]: JSON.stringify(thresholds) }),
  });
  return serializeModel(model);
}
