// From a model's configuration to the network that the engine compiles.

import type { Network } from '../engine/compile/network.js';
import { type SeedOptions, seedModel } from './seed.js';

/** The `model` section of a training configuration, as far as the architecture needs it. */
export interface ModelConfig extends Pick<SeedOptions, 'convFilters' | 'kernelSize' | 'denseUnits'> {
  name: 'seed';
  dropout: { conv: number; dense: number };
  batchNorm: { momentum: number; epsilon: number };
}

/** The network of a configuration, for grey images of this size. Its graph scales raw pixels from 0-255 to 0-1. */
export function createNetwork(
  model: ModelConfig,
  imageSize: { width: number; height: number },
  classes: number,
): Network {
  return {
    layer: seedModel({
      classes,
      convFilters: model.convFilters,
      kernelSize: model.kernelSize,
      denseUnits: model.denseUnits,
      convDropout: model.dropout.conv,
      denseDropout: model.dropout.dense,
      batchNorm: model.batchNorm,
    }),
    inputShape: [1, imageSize.height, imageSize.width],
    preprocessing: { scale: 1 / 255, offset: 0 },
  };
}
