// Residual networks for small grey images: every image standardized, a 3x3 stem, stages of two-convolution residual
// blocks (He et al. 2016), optionally with squeeze and excitation (Hu et al. 2018), global average pooling and one dense
// layer. The last normalization of each block starts at zero, so that the network starts as its shortcuts (Goyal et
// al. 2017).

import { residual, sequential, squeezeExcitation } from '../engine/nn/compose.js';
import { heNormal } from '../engine/nn/initializers.js';
import type { Layer } from '../engine/nn/layer.js';
import {
  batchNormalization,
  conv2d,
  dense,
  dropout,
  globalAveragePooling2d,
  maxPooling2d,
  relu,
  standardizeImages,
} from '../engine/nn/layers.js';

interface ResidualOptions {
  classes: number;
  /** Filters of the first convolution. */
  stem: number;
  /** Halve the image after the stem. */
  stemPool: boolean;
  /** One entry a block. A stage begins where the stride is 2 or the filters are others. */
  blocks: readonly { filters: number; strides: 1 | 2 }[];
  /** Channels per unit of the excitation's inner layer; none unless given. */
  squeezeReduction?: number;
  dropout: number;
  /**
   * Further blocks at the end of each stage. They have names of their own and begin as their shortcuts, so that a network
   * with the weights of one without them computes what that one does (in the manner of "Net2Net", Chen et al. 2016).
   */
  extraBlocks: number;
}

/** What the configuration of a network says of it. */
export type ResidualChoices = Partial<Pick<ResidualOptions, 'extraBlocks'>>;

/** Momentum and epsilon that residual networks are usually trained with (PyTorch's defaults). */
const norm = (gammaStart = 1): Layer => batchNormalization({ momentum: 0.9, epsilon: 1e-5, gammaStart });

const convolution = (filters: number, kernelSize: number, strides = 1): Layer =>
  conv2d({ filters, kernelSize, strides, useBias: false, kernelInitializer: heNormal });

function residualModel(options: ResidualOptions): Layer {
  const layers: Record<string, Layer> = {
    standardize: standardizeImages(),
    stem: sequential({
      conv: convolution(options.stem, 3),
      norm: norm(),
      relu: relu(),
      ...(options.stemPool ? { pool: maxPooling2d() } : {}),
    }),
  };
  let channels = options.stem;
  const addBlock = (name: string, filters: number, strides: 1 | 2) => {
    const body = sequential({
      conv1: convolution(filters, 3, strides),
      norm1: norm(),
      relu: relu(),
      conv2: convolution(filters, 3),
      norm2: norm(0),
      ...(options.squeezeReduction === undefined
        ? {}
        : { excitation: squeezeExcitation(filters, options.squeezeReduction) }),
    });
    const shortcut =
      strides === 1 && channels === filters
        ? undefined
        : sequential({ conv: convolution(filters, 1, strides), norm: norm() });
    layers[name] = sequential({ residual: residual(body, shortcut), relu: relu() });
    channels = filters;
  };
  options.blocks.forEach(({ filters, strides }, i) => {
    addBlock(`block${i + 1}`, filters, strides);
    const next = options.blocks[i + 1];
    if (next !== undefined && next.strides === 1 && next.filters === filters) return;
    for (let extra = 1; extra <= options.extraBlocks; extra++)
      addBlock(`block${i + 1}extra${extra}`, filters, 1);
  });
  layers.pool = globalAveragePooling2d();
  layers.dropout = dropout(options.dropout);
  layers.logits = dense({ units: options.classes });
  return sequential(layers);
}

/** About 33 MFLOP: trained on two cores in half an hour. */
export const tinyModel = (classes: number, { extraBlocks = 0 }: ResidualChoices = {}): Layer =>
  residualModel({
    classes,
    extraBlocks,
    stem: 16,
    stemPool: true,
    blocks: [
      { filters: 24, strides: 1 },
      { filters: 48, strides: 2 },
      { filters: 96, strides: 2 },
      { filters: 160, strides: 2 },
    ],
    dropout: 0.1,
  });

/** About 230 MFLOP, with squeeze and excitation. */
export const mediumModel = (classes: number, { extraBlocks = 0 }: ResidualChoices = {}): Layer =>
  residualModel({
    classes,
    extraBlocks,
    stem: 32,
    stemPool: true,
    blocks: [
      { filters: 48, strides: 1 },
      { filters: 48, strides: 1 },
      { filters: 96, strides: 2 },
      { filters: 96, strides: 1 },
      { filters: 192, strides: 2 },
      { filters: 192, strides: 1 },
    ],
    squeezeReduction: 8,
    dropout: 0.2,
  });

/** The shape of ResNet-18, its stem fitted to small images; for GPUs. */
export const largeModel = (classes: number, { extraBlocks = 0 }: ResidualChoices = {}): Layer =>
  residualModel({
    classes,
    extraBlocks,
    stem: 64,
    stemPool: false,
    blocks: [64, 64, 128, 128, 256, 256, 512, 512].map((filters, i) => ({
      filters,
      strides: i > 0 && i % 2 === 0 ? 2 : 1,
    })),
    dropout: 0.3,
  });
