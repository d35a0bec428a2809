// The library: what `import ... from 'ferlab'` offers. The command line is built on the same functions.

import {
  isTrainConfig,
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from './train/config.js';
import type { TrainResult } from './train/events.js';
import type { PresetName } from './train/presets.js';
import { type TrainCall, train as trainFromConfig } from './train/train.js';

export type { AuditPhase } from './audit/find.js';
export type { CopyKind, LeftOut } from './audit/leaks.js';
export type { LabellingModel } from './audit/suspects.js';
export type {
  AuditResult,
  BlankImage,
  CrossValidationSummary,
  ExactGroup,
  ImageReference,
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
export { type AuditOptions, audit } from './cross-validation/audit.js';
export type { CrossValidationEvent, CrossValidationOptions } from './cross-validation/options.js';
export { decodeGray } from './data/decode.js';
export { readDataset } from './data/reader.js';
export { type SampleOptions, type WrittenSample, writeSampleDataset } from './data/sample/write.js';
export { readSoftLabels, type SoftLabelOptions, type SoftLabels } from './data/soft-labels.js';
export type { Dataset, ImageSize, Sample, SampleSource, Split } from './data/types.js';
export { type ErrorKind, exitCodes, FerlabError } from './errors.js';
export { type CalibrateOptions, calibrateModel as calibrate } from './evaluate/calibrate.js';
export { type EvaluateOptions, type Evaluation, evaluateModel as evaluate } from './evaluate/evaluate.js';
export type { EvaluateEvent, EvaluateHooks } from './evaluate/open-split.js';
export { type FilePrediction, type PredictFilesOptions, predictFiles } from './evaluate/predict-files.js';
export type {
  Calibration,
  ClassScores,
  EvaluationResult,
  Mistake,
  ReliabilityBin,
} from './evaluate/types.js';
export type { GrayImage } from './image/gray.js';
export { type BoxedModel, boxedModelFile, describeBoxedModel } from './predict/boxed.js';
export { openEnsemble } from './predict/ensemble.js';
export { type LoadFileOptions, loadEnsemble, loadModel } from './predict/load.js';
export type { ModelMetadata } from './predict/metadata.js';
export { type ExpressionModel, type LoadOptions, openModel, type Prediction } from './predict/model.js';
export { withHalfPrecision } from './predict/rewrite.js';
export { withTestTimeAugmentation } from './predict/test-time.js';
export { type Margin, type TestTimeKind, testTimeKinds, views } from './predict/views.js';
export type { HistoryRow } from './report/types.js';
export {
  parseTrainConfig,
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from './train/config.js';
export type { TrainEvent, TrainHooks, TrainResult } from './train/events.js';
export { type PresetName, presetNames } from './train/presets.js';
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
