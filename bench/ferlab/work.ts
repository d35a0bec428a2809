// The presets' networks, and how much they compute.

import { type Network, parameterCount } from '../../dist/engine/compile/network.js';
import { createNetwork } from '../../dist/models/create.js';
import { resolveTrainConfig, type TrainConfig } from '../../dist/train/config/config.js';
import type { PresetName } from '../../dist/train/config/presets.js';

/** FER2013's. */
export const classCount = 7;

/** The network that a configuration trains. */
export function networkOf({ model, data, augment }: TrainConfig): Network {
  return createNetwork(model, data.imageSize, classCount, augment.crop);
}

/** The network of a preset. */
export function presetNetwork(preset: PresetName): Network {
  return networkOf(resolveTrainConfig(preset, { data: { path: 'unused' } }));
}

/** The seed network as the preset has it. */
export const seedNetwork = (): Network => presetNetwork('seed');

export interface NetworkSize {
  readonly parameters: number;
  /** Floating-point operations of one image's training: 2 x multiply-adds of convolutions and dense layers, times 3. */
  readonly trainingFlops: number;
}

export function networkSize(preset: PresetName): NetworkSize {
  const network = presetNetwork(preset);
  const { multiplyAdds } = network.layer.describe(network.inputShape);
  return { parameters: parameterCount(network), trainingFlops: 3 * 2 * multiplyAdds };
}
