// The library: what `import ... from 'ferlab'` offers. The command line is built on the same functions.

import {
  isTrainConfig,
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from './train/config/config.js';
import type { PresetName } from './train/config/presets.js';
import type { TrainResult } from './train/loop/events.js';
import { type TrainCall, train as trainFromConfig } from './train/train.js';

export { type AuditOptions, audit } from './audit/audit.js';
export type { CrossValidationEvent, CrossValidationOptions } from './audit/cross-validation/options.js';
export type { AuditEvent } from './audit/events.js';
export type { LabellingModel } from './audit/suspects.js';
export type {
  AuditResult,
  BlankImage,
  CrossValidationSummary,
  ExactGroup,
  KnownLayout,
  LabelConfusion,
  NearPair,
  SplitLeak,
  SplitSummary,
  SuspectLabel,
  SuspectLabels,
  SuspectSummary,
  UnlikeImage,
} from './audit/types.js';
export type { ImageReference } from './copies/images.js';
export type { CopyKind, LeftOut } from './copies/leaks.js';
export { readDataset } from './data/dataset/reader.js';
export type { Dataset, ImageSize, Sample, Split } from './data/dataset/types.js';
export { type SampleOptions, type WrittenSample, writeSampleDataset } from './data/sample/write.js';
export { readSoftLabels, type SoftLabelOptions, type SoftLabels } from './data/votes/soft-labels.js';
export { decodeGray } from './decode/decode.js';
export type { SampleSource } from './decode/sample-source.js';
export { type ErrorKind, exitCodes, FerlabError } from './errors.js';
export { type CalibrateOptions, calibrateModel as calibrate } from './evaluate/calibrate.js';
export { type EvaluateOptions, type Evaluation, evaluateModel as evaluate } from './evaluate/evaluate.js';
export type { EvaluateEvent } from './evaluate/open-split.js';
export type { GrayImage } from './image/gray.js';
export { openEnsemble } from './predict/ensemble.js';
export type { ModelMetadata } from './predict/metadata.js';
export { type ExpressionModel, type LoadOptions, openModel, type Prediction } from './predict/model.js';
export { withHalfPrecision } from './predict/rewrite.js';
export { withTestTimeAugmentation } from './predict/test-time.js';
export { type Margin, type TestTimeKind, testTimeKinds, views } from './predict/views.js';
export { type BoxedModel, boxedModelFile, describeBoxedModel } from './predict-files/bundled-model.js';
export { type LoadFileOptions, loadEnsemble, loadModel } from './predict-files/load-model.js';
export {
  type FilePrediction,
  type PredictFilesOptions,
  predictFiles,
} from './predict-files/predict-files.js';
export type { HistoryRow } from './scores/history.js';
export type {
  Calibration,
  CalibrationChange,
  ClassScores,
  EvaluationResult,
  Mistake,
  ReliabilityBin,
} from './scores/types.js';
export {
  parseTrainConfig,
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from './train/config/config.js';
export { type PresetName, presetNames } from './train/config/presets.js';
export type { TrainEvent, TrainHooks, TrainResult } from './train/loop/events.js';
export { resumeTraining, type TrainCall } from './train/train.js';
export { programVersion as version } from './version.js';

/** What to train on and what to change about the preset (`seed` unless told). */
export type TrainOptions = TrainConfigOverrides & { preset?: PresetName };

/**
 * Trains a model: `await train({ data: { path: 'fer2013' }, train: { epochs: 30 } })`.
 *
 * @param options settings that differ from the preset's, or a whole configuration as `resolveTrainConfig` and
 *   `parseTrainConfig` return it.
 * @throws FerlabError of kind `usage` before any work for settings that are unknown, out of range or contradictory;
 *   `data`, `io` and `diverged` as the training goes.
 */
export async function train(options: TrainOptions | TrainConfig, call: TrainCall = {}): Promise<TrainResult> {
  return trainFromConfig(isTrainConfig(options) ? options : resolve(options), call);
}

function resolve({ preset = 'seed', ...overrides }: TrainOptions): TrainConfig {
  return resolveTrainConfig(preset, overrides);
}
