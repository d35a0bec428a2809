// Settings of training itself, and of what is learnt beside the labels.

import { deviceChoices } from '../../../engine/runtime/device.js';
import {
  choice,
  flag,
  listOf,
  nonNegative,
  positiveInteger,
  positiveNumber,
  positiveShare,
  rate,
  section,
  setBy,
  share,
  side,
  text,
  wholeNumber,
} from '../setting.js';

/** Values that can choose the best epoch and stop training early. */
const monitors = ['val_accuracy', 'val_loss', 'accuracy', 'loss'] as const;

/** Mixup (Zhang et al. 2018). Training accuracy then counts against the dominant label of each mixed image. */
const mixup = section({
  alpha: setBy(positiveNumber(), {
    flags: '--mixup <alpha>',
    description:
      'mix pairs of images with a weight from Beta(alpha, alpha), as 0.2, or off; training accuracy then counts against the dominant label',
    offSection: true,
  }),
  offEpochs: setBy(wholeNumber().default(0), {
    flags: '--mixup-off-epochs <n>',
    description: 'epochs at the end without mixup',
  }),
});

/**
 * Images that are small in the first epochs and grow to what the network takes in the end, by 4 pixels at a time
 * ("progressive resizing": Howard 2018; Tan and Le 2021, "EfficientNetV2"). For networks whose weights fit any size.
 */
const growth = section({
  startSide: setBy(side(), {
    flags: '--start-side <pixels>',
    description:
      'side of the images in the first epochs, which cost less; they grow to their whole size; or off. For tiny, medium and large',
    offSection: true,
  }),
  share: setBy(positiveShare().default(0.7), {
    flags: '--grow-share <share>',
    description: 'share of the epochs over which images grow',
  }),
});

export const train = section({
  epochs: setBy(positiveInteger().default(50), {
    flags: '--epochs <n>',
    description: 'passes over the training images',
  }),
  batchSize: setBy(positiveInteger().default(128), {
    flags: '--batch-size <n>',
    description: 'images per step',
  }),
  seed: setBy(wholeNumber().default(0), {
    flags: '--seed <n>',
    description: 'the number from which all random choices derive',
  }),
  labelSmoothing: setBy(rate().default(0), {
    flags: '--label-smoothing <share>',
    description: 'share of the label spread over all classes',
  }),
  mixup: mixup.nullable().default(null),
  growth: growth.nullable().default(null),
  /** Decay per step of an exponential moving average of the weights, which is then evaluated and saved. */
  ema: setBy(rate().nullable().default(null), {
    flags: '--ema <decay>',
    description: 'evaluate and save an exponential moving average of the weights, as 0.999, or off',
  }),
  /** `balanced` weighs the loss of an image inversely to its class's frequency, with a mean weight of 1. */
  classWeights: setBy(choice(['none', 'balanced']).default('none'), {
    flags: '--class-weights <name>',
    description: 'none, balanced: whether rare classes weigh more in the loss',
  }),
  monitor: setBy(choice(monitors).default('val_accuracy'), {
    flags: '--monitor <name>',
    description: `what chooses the best epoch: ${monitors.join(', ')}`,
  }),
  /** Epochs without improvement after which training stops (Keras's EarlyStopping); null for never. */
  patience: setBy(positiveInteger().nullable().default(null), {
    flags: '--patience <epochs>',
    description: 'stop after so many epochs without improvement, or off',
  }),
  /** Smallest change of the monitored value that counts as an improvement. */
  minDelta: setBy(nonNegative().default(0), {
    flags: '--min-delta <change>',
    description: 'smallest change that counts as improvement',
  }),
  restoreBest: setBy(flag().default(true), {
    flags: '--no-restore-best',
    description: 'end with the weights of the last epoch, not of the best',
  }),
  /** Fit a temperature for the final model's probabilities on the validation split (Guo et al. 2017). */
  calibrate: setBy(flag().default(true), {
    flags: '--no-calibrate',
    description: "leave the model's probabilities as trained: fit no temperature on the validation images",
  }),
  /** Threads of the engine; null for one per core. Sums are ordered by it, so a run is stored with its number. */
  threads: setBy(positiveInteger().nullable().default(null), {
    flags: '--threads <n>',
    description: 'threads of the engine',
    defaultText: 'one per core',
  }),
  /** `auto` is replaced by the device that it chose where a run is stored. */
  device: setBy(choice(deviceChoices).default('cpu'), {
    flags: '--device <name>',
    description: `where the engine runs: ${deviceChoices.join(', ')}; webgpu is any GPU, auto the fastest device that is here`,
  }),
});

export const softLabels = section({
  /** CSV file with votes of several people per image, as FER+'s. */
  file: setBy(text(), {
    flags: '--soft-labels <file>',
    description:
      'CSV file of votes for each class, as FER+ has them: labels become distributions over the classes; or off',
    offSection: true,
  }),
  /** Up to one half the label keeps the largest part of every target, so the model is trained for what it is scored by. */
  weight: setBy(share().default(0.5), {
    flags: '--soft-label-weight <share>',
    description: 'share of the votes in the target; the label has the rest',
  }),
  minVotes: setBy(nonNegative().default(2), {
    flags: '--soft-label-min-votes <n>',
    description: 'fewer votes for a class than this count as none',
  }),
});

/** Knowledge distillation (Hinton, Vinyals and Dean 2015). Teachers answer once for every training image. */
export const distillation = section({
  teachers: setBy(listOf(text(), 'model files'), {
    flags: '--teacher <files>',
    description:
      'model files, separated by commas, whose mean logits the network is trained towards too; box is the model that comes with ferlab; or off',
    offSection: true,
  }),
  weight: setBy(share().default(0.7), {
    flags: '--distill-weight <share>',
    description: 'share of the teachers in the loss; the labels have the rest',
  }),
  temperature: setBy(positiveNumber().default(3), {
    flags: '--distill-temperature <t>',
    description: 'what logits are divided by, those of the teachers and of the network',
  }),
});
