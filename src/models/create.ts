// The model zoo, and the way from a model's configuration to the network that the engine compiles.

import { type Network, parameterCount } from '../engine/compile/network.js';
import type { Layer } from '../engine/nn/layer.js';
import { deepfaceModel } from './deepface.js';
import { deepidModel } from './deepid.js';
import { largeModel, mediumModel, tinyModel } from './residual.js';
import { type SeedOptions, seedModel } from './seed.js';

/**
 * The `model` section of a training configuration. `extraBlocks` is of residual networks, and absent in the model files of
 * before; all others but the name describe the seed model.
 */
export interface ModelConfig extends Pick<SeedOptions, 'convFilters' | 'kernelSize' | 'denseUnits'> {
  name: ModelName;
  extraBlocks?: number;
  dropout: { conv: number; dense: number };
  batchNorm: { momentum: number; epsilon: number };
}

interface Architecture {
  /** One line, for lists. */
  description: string;
  layer(classes: number, config: ModelConfig): Layer;
}

/** Those that are made of residual blocks, to which more can be added. */
const residualArchitectures = {
  tiny: { description: 'a small residual network', layer: tinyModel },
  medium: { description: 'a residual network with squeeze and excitation', layer: mediumModel },
  large: { description: 'the shape of ResNet-18, for GPUs', layer: largeModel },
} satisfies Record<string, Architecture>;

const architectures = {
  seed: {
    description: 'three convolution blocks and two dense layers',
    layer: (classes, { convFilters, kernelSize, denseUnits, dropout, batchNorm }) =>
      seedModel({
        classes,
        convFilters,
        kernelSize,
        denseUnits,
        convDropout: dropout.conv,
        denseDropout: dropout.dense,
        batchNorm,
      }),
  },
  ...residualArchitectures,
  deepid: { description: 'in the manner of DeepID (Sun, Wang and Tang 2014)', layer: deepidModel },
  deepface: { description: 'in the manner of DeepFace (Taigman et al. 2014)', layer: deepfaceModel },
} satisfies Record<string, Architecture>;

export type ModelName = keyof typeof architectures;
export const residualNames: readonly string[] = Object.keys(residualArchitectures);
export const modelNames = Object.keys(architectures) as [ModelName, ...ModelName[]];

/** Path of every network's last layer, the only one that knows the classes. */
export const classifier = 'logits';

interface Size {
  width: number;
  height: number;
}

/**
 * The network of a configuration, for grey images. Its graph scales raw pixels from 0-255 to 0-1.
 *
 * @param imageSize of the images that a model file takes.
 * @param crop side of the square that the network sees: random crops in training, the centre in a model file; null for
 *   the whole image.
 */
export function createNetwork(
  config: ModelConfig,
  imageSize: Size,
  classes: number,
  crop: number | null = null,
): Network {
  const imageShape = [1, imageSize.height, imageSize.width];
  return {
    layer: architectures[config.name].layer(classes, config),
    imageShape,
    inputShape: crop === null ? imageShape : [1, crop, crop],
    preprocessing: { scale: 1 / 255, offset: 0 },
  };
}

export interface ModelSummary {
  /** With the extra blocks, where there are any, as the command line spells them. */
  name: string;
  description: string;
  parameters: number;
  /** 2 x multiply-adds of convolutions and dense layers for one image, forward. */
  flops: number;
}

/** What a network costs. */
export function summarizeNetwork(
  { name, extraBlocks = 0 }: Pick<ModelConfig, 'name' | 'extraBlocks'>,
  network: Network,
): ModelSummary {
  return {
    name: extraBlocks === 0 ? name : `${name} --extra-blocks ${extraBlocks}`,
    description: architectures[name].description,
    parameters: parameterCount(network),
    flops: 2 * network.layer.describe(network.inputShape).multiplyAdds,
  };
}
