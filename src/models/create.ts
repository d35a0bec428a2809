// Builds the network of a configuration, as the engine compiles it. What is known of each without building it stands in
// architectures.ts.

import { type Network, parameterCount } from '../engine/compile/network.js';
import type { Layer } from '../engine/nn/layer.js';
import { architectures } from './architectures.js';
import { deepfaceModel } from './deepface.js';
import { deepidModel } from './deepid.js';
import { type ImportedModel, importedNetwork } from './imported.js';
import { largeModel, mediumModel, tinyModel } from './residual.js';
import { type SeedOptions, seedModel } from './seed.js';

/** The `model` section of a training configuration. */
export type ModelConfig =
  | ({
      name: 'seed';
      dropout: { conv: number; dense: number };
      batchNorm: { momentum: number; epsilon: number };
    } & Pick<SeedOptions, 'convFilters' | 'kernelSize' | 'denseUnits'>)
  | { name: 'tiny' | 'medium' | 'large'; extraBlocks: number }
  | { name: 'deepid' | 'deepface' }
  | ImportedModel;

function layerOf(config: ModelConfig, classes: number): Layer {
  switch (config.name) {
    case 'seed': {
      const { convFilters, kernelSize, denseUnits, dropout, batchNorm } = config;
      return seedModel({
        classes,
        convFilters,
        kernelSize,
        denseUnits,
        convDropout: dropout.conv,
        denseDropout: dropout.dense,
        batchNorm,
      });
    }
    case 'tiny':
      return tinyModel(classes, config);
    case 'medium':
      return mediumModel(classes, config);
    case 'large':
      return largeModel(classes, config);
    case 'deepid':
      return deepidModel(classes);
    case 'deepface':
      return deepfaceModel(classes);
    case 'imported':
      return importedNetwork(config, classes);
  }
}

/** Path of every network's last layer, the only one that knows the classes. */
export const classifier = 'logits';

interface Size {
  width: number;
  height: number;
}

/**
 * The network of a configuration, for grey images. Its graph scales raw pixels from 0-255 to 0-1; that of an imported one
 * has its scaling among its layers.
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
    layer: layerOf(config, classes),
    imageShape,
    inputShape: crop === null ? imageShape : [1, crop, crop],
    preprocessing: { scale: config.name === 'imported' ? 1 : 1 / 255, offset: 0 },
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
export function summarizeNetwork(config: ModelConfig, network: Network): ModelSummary {
  const { name } = config;
  const extraBlocks = 'extraBlocks' in config ? config.extraBlocks : 0;
  return {
    name: extraBlocks === 0 ? name : `${name} --extra-blocks ${extraBlocks}`,
    description:
      config.name === 'imported' ? `a network from ${config.source}` : architectures[config.name].description,
    parameters: parameterCount(network),
    flops: 2 * network.layer.describe(network.inputShape).multiplyAdds,
  };
}
