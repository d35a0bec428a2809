// Images that grow in the course of training ("progressive resizing": Howard 2018, fast.ai's entry to DAWNBench; Tan and Le
// 2021, "EfficientNetV2: Smaller Models and Faster Training"). Early epochs, which learn what is coarse, see small images
// and cost a fraction; the last ones see the whole size.

import { augmentedSize } from '../../image/augment.js';
import type { TrainConfig } from '../config/config.js';

/** Pixels that the side grows by. Every size is compiled anew, so that there are few. */
const pixelsPerStage = 4;

type Settings = Pick<TrainConfig, 'data' | 'augment' | 'train'>;

/** Epochs with images smaller than in the end. A share below 1 leaves at least one epoch with the whole size. */
export function growingEpochs({ train: { growth, epochs } }: Settings): number {
  if (growth === null) return 0;
  const growing = Math.round(growth.share * epochs);
  return growth.share < 1 ? Math.min(growing, epochs - 1) : growing;
}

/** For people; null where images have the whole size from the start. */
export function describeGrowth(config: Settings): string | null {
  const { growth, epochs } = config.train;
  const growing = growingEpochs(config);
  if (growth === null || growing === 0) return null;
  const { startSide } = growth;
  return growing < epochs
    ? `Images grow from ${startSide} pixels to their whole size over ${growing} of ${epochs} epochs.`
    : `Images grow from ${startSide} pixels to ${sideAt(config, epochs - 1)} in the last of ${epochs} epochs; none has the whole size.`;
}

/** The side of the images at an epoch (from 0), which are squares; null where they don't grow. */
export function sideAt(config: Settings, epoch: number): number | null {
  const { growth } = config.train;
  if (growth === null) return null;
  const { startSide } = growth;
  const { width: last } = augmentedSize(config.augment, config.data.imageSize);
  const growing = growingEpochs(config);
  if (epoch >= growing) return last;
  const stages = Math.ceil((last - startSide) / pixelsPerStage);
  return startSide + pixelsPerStage * Math.floor((stages * epoch) / growing);
}

/** What an epoch (from 0) costs, in proportion to others of the run: its pixels. */
export function workOf(config: Settings, epoch: number): number {
  return (sideAt(config, epoch) ?? 1) ** 2;
}
