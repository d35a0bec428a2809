// What a report is made from: plain data, so that plots can be drawn again from a run folder's JSON alone.

import type { MachineSummary } from '../machine/describe-machine.js';
import type { UncertainRule } from '../predict/metadata.js';
import type { HistoryRow } from '../scores/history.js';
import type { Robustness } from '../scores/robustness.js';
import type { Calibration, EvaluationResult, Mistake } from '../scores/types.js';

/** A grey image: [height, width] row by row, 0 black to 255 white. */
export interface GreyPicture {
  pixels: Uint8Array | Float32Array;
  width: number;
  height: number;
}

/** A tile of a contact sheet: a grey picture, or one in colours with three values a pixel, red, green and blue. */
export interface SheetItem extends GreyPicture {
  /** One line below the picture. */
  caption?: string;
  captionTone?: 'good' | 'bad' | 'plain';
  /** A second line, small: a file name; shortened from its front where it is too long. */
  detail?: string;
}

interface ModelSummary {
  name: string;
  parameters: number;
  /** 2 x multiply-adds of convolutions and dense layers for one image, forward. */
  flops: number;
}

export interface DatasetSummary {
  path: string;
  classes: string[];
  /** Images per class by split, `counts.train.happy`. */
  counts: Record<string, Record<string, number>>;
  /** Files passed over, with the reason. */
  badFiles: { file: string; reason: string }[];
}

interface TimingSummary {
  /** Wall clock of the whole run. */
  seconds: number;
  imagesPerSecond: number;
  /** Share of training time spent waiting for data, 0 to 1. */
  dataWait: number;
  peakMemoryBytes: number;
}

/** A mistake with its image. */
export type MistakePicture = Mistake & GreyPicture;

/** All that the report of a training run says. */
export interface ReportData {
  title: string;
  /** Of this program. */
  version: string;
  /** The exact command line. */
  command: string;
  /** The resolved configuration, as JSON. */
  configuration: unknown;
  model: ModelSummary;
  dataset: DatasetSummary;
  machine: MachineSummary;
  history: HistoryRow[];
  bestEpoch: number | undefined;
  /** What "best" goes by, for example `val_accuracy`. */
  monitor: string;
  /** The run's model, a file beside the report, and the epoch that it is of; the best one's unless given. */
  final?: { file: string; epoch: number };
  /** Of that model on the validation split. */
  evaluation: EvaluationResult;
  /** How it was calibrated, on the same images; null or missing where it wasn't. */
  calibration?: Calibration | null;
  /** What its output `uncertain` rests on; null or missing where it has none. */
  uncertain?: UncertainRule | null;
  /** Of that model, on the same images or some of them; null or missing where it wasn't measured. */
  robustness?: Robustness | null;
  timing: TimingSummary;
  /** Training images as the network gets them; none where nothing is augmented. */
  augmentedSamples: SheetItem[];
  mistakes: MistakePicture[];
  /** What has to be known to compare the scores, one line each; none unless given. */
  notes?: readonly string[];
  /** One line each. */
  warnings: string[];
}

/** All that the report of `ferlab evaluate --out` says. */
export interface EvaluationReportData {
  title: string;
  version: string;
  command: string;
  /** Path of the model file. */
  model: string;
  /** Paths of the other model files whose probabilities were averaged with its; none unless given. */
  ensemble?: readonly string[];
  /** Name of the test-time augmentation; `none` unless given. */
  tta?: string;
  dataset: DatasetSummary;
  /** Name of the split that was scored. */
  split: string;
  machine: MachineSummary;
  evaluation: EvaluationResult;
  /** What changes of the images do; null or missing where it wasn't measured. */
  robustness?: Robustness | null;
  timing: Pick<TimingSummary, 'seconds' | 'imagesPerSecond' | 'peakMemoryBytes'>;
  mistakes: MistakePicture[];
  /** Notes of the model's file that matter when scores are compared. Default: none. */
  notes?: readonly string[];
  warnings: string[];
}
