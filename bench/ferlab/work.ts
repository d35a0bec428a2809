// How much the seed network computes.

import { createNetwork } from '../../dist/models/create.js';
import { resolveTrainConfig } from '../../dist/train/config.js';

const classCount = 7;

/** The seed network as the preset has it. */
export function seedNetwork() {
  const config = resolveTrainConfig('seed', { data: { path: 'unused' } });
  return createNetwork(config.model, config.data.imageSize, classCount);
}

/** Floating-point operations of one image's training: 2 x multiply-adds of convolutions and dense layers, times 3. */
export function trainingFlops(): number {
  const network = seedNetwork();
  return 3 * 2 * network.layer.describe(network.inputShape).multiplyAdds;
}
