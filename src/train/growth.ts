// Images that grow in the course of training ("progressive resizing": Howard 2018, fast.ai's entry to DAWNBench; Tan and Le
// 2021, "EfficientNetV2: Smaller Models and Faster Training"). Early epochs, which learn what is coarse, see small images
// and cost a fraction; the last ones see the whole size.

import { augmentedSize } from '../image/augment.js';
import type { TrainConfig } from './config.js';

/** Pixels that the side grows by. Every size is compiled anew, so that there are few. */
const pixelsPerStage = 4;

type Settings = Pick<TrainConfig, 'data' | 'augment' | 'train'>;

/** Epochs with images smaller than in the end. */
export function growingEpochs({ train: { startSide, growShare, epochs } }: Settings): number {
  return startSide === null ? 0 : Math.round(growShare * epochs);
}

/** The side of the images at an epoch (from 0), which are squares; null where they don't grow. */
export function sideAt(config: Settings, epoch: number): number | null {
  const { startSide } = config.train;
  if (startSide === null) return null;
  const { width: last } = augmentedSize(config.augment, config.data.imageSize);
  const growing = growingEpochs(config);
  if (epoch >= growing) return last;
  const stages = Math.ceil((last - startSide) / pixelsPerStage);
  return startSide + pixelsPerStage * Math.floor((stages * epoch) / growing);
}
