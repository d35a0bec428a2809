// What `import ... from 'ferlab'` offers. The command line is built on the same functions.
//
// Predicting is loaded at once; training, evaluating and auditing with the first call of each, so that a program that only
// predicts doesn't wait for them. Types cost nothing and stand here.

import type { AuditOptions } from './audit/audit.js';
import type { AuditEvent } from './audit/events.js';
import type { AuditResult } from './audit/types.js';
import { checkArgument, fileBytes, section, text } from './check-options.js';
import type { CropDatasetOptions, CropEvent, CroppedDataset } from './crop-dataset/crop-dataset.js';
import type { ReadOptions } from './data/dataset/reader.js';
import type { Dataset } from './data/dataset/types.js';
import type { SampleOptions, WrittenSample } from './data/sample/write.js';
import type { SoftLabelOptions, SoftLabels } from './data/votes/soft-labels.js';
import type { CalibratedModel, CalibrateOptions } from './evaluate/calibrate.js';
import type { EvaluateOptions, Evaluation } from './evaluate/evaluate.js';
import type { EvaluateEvent } from './evaluate/open-split.js';
import type { Explainer } from './explain/explain.js';
import type { Recogniser } from './faces/recognise.js';
import type { VideoFrame } from './follow/people.js';
import type { Imported } from './interop/import-keras.js';
import type { ImportOptions } from './interop/import-model.js';
import type { Hooks } from './progress.js';
import type { TrainConfigOverrides } from './train/config/config.js';
import type { PresetName } from './train/config/presets.js';
import type { TrainResult } from './train/loop/events.js';
import type { TrainingRun } from './train/open-run.js';
import type { ResumeChanges, TrainCall } from './train/train.js';
import type { VideoEvent, VideoOptions } from './video/recognise-video.js';

export type { AuditOptions } from './audit/audit.js';
export type { CrossValidationEvent, CrossValidationOptions } from './audit/cross-validation/options.js';
export type { AuditEvent, CountEvent } from './audit/events.js';
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
export type {
  CropDatasetOptions,
  CropEvent,
  CroppedDataset,
  OddPicture,
  SeveralChoice,
} from './crop-dataset/crop-dataset.js';
export type { ReadOptions } from './data/dataset/reader.js';
export type { BadFile, Dataset, PassedOver, Sample, Split } from './data/dataset/types.js';
export type { SampleOptions, WrittenSample } from './data/sample/write.js';
export type { SoftLabelOptions, SoftLabels } from './data/votes/soft-labels.js';
export { type DecodePictureOptions, decodeGray, decodePicture, decodeRgb } from './decode/decode.js';
export type { SampleSource } from './decode/sample-source.js';
export type { CalibratedModel, CalibrateOptions } from './evaluate/calibrate.js';
export type { EvaluateOptions, Evaluation } from './evaluate/evaluate.js';
export type { EvaluateEvent } from './evaluate/open-split.js';
export type { ExplainEvent, Explainer, ExplainOptions, Explanation } from './explain/explain.js';
export type { ExplainMethod } from './explain/methods.js';
export type { FacesChoice } from './faces/faces-choice.js';
export type { FilmFace, VideoFrame } from './follow/people.js';
export type { Picture } from './image/rgb.js';
export type { ImageSize } from './image/size.js';
export type { Imported } from './interop/import-keras.js';
export type { ImportOptions } from './interop/import-model.js';
export * from './portable.js';
export {
  type BundledModel,
  bundledModelFile,
  describeBundledModel,
  type Expression,
} from './predict-files/bundled-model.js';
export { detectFiles, type FileFaces } from './predict-files/detect-files.js';
export type { FailedFile } from './predict-files/list-images.js';
export { type LoadEvent, type LoadFileOptions, loadEnsemble, loadModel } from './predict-files/load-model.js';
export { openFaceDetector } from './predict-files/open-face-detector.js';
export {
  type CropPrediction,
  type FilePrediction,
  type PicturePrediction,
  type PredictFilesOptions,
  predictFiles,
} from './predict-files/predict-files.js';
export type { HistoryRow } from './scores/history.js';
export type { ChangeScores, Robustness } from './scores/robustness.js';
export type {
  Calibration,
  CalibrationChange,
  ClassScores,
  EvaluationResult,
  Mistake,
  ReliabilityBin,
} from './scores/types.js';
export type { TrainConfig, TrainConfigOverrides } from './train/config/config.js';
export type { PresetName } from './train/config/presets.js';
export type { TrainEvent, TrainHooks, TrainResult } from './train/loop/events.js';
export type { TrainingRun } from './train/open-run.js';
export type { MovedFiles, ResumeChanges, TrainCall } from './train/train.js';
export { programVersion as version } from './version.js';
export type { VideoEvent, VideoOptions } from './video/recognise-video.js';

/**
 * Makes a model file of one that Keras wrote (`.keras`, `.h5`), or of an ONNX file of another program: `await importModel('model.h5', { classes, scale: '1/255' })`.
 *
 * @param options.classes names of the outputs, in their order.
 * @returns the bytes of a model file, for `loadModelFromBytes` and to be written.
 * @throws FerlabError of kind `usage` where the file leaves open what the options don't say; `model` for files that are
 *   damaged and networks that can't be taken, with the layer and what to do.
 */
export async function importModel(file: string, options: ImportOptions): Promise<Imported> {
  return (await import('./interop/import-model.js')).importModelFile(file, options);
}

/** What to train on, and what to change about the preset; default `seed`. */
export type TrainOptions = TrainConfigOverrides & { preset?: PresetName };

/**
 * Trains a model: `await train({ data: { path: 'fer2013' }, train: { epochs: 30 } })`.
 *
 * @param options settings that differ from the preset's. A whole configuration, as `resolveTrainConfig` returns it, is
 *   trained by `trainFromConfig` of `ferlab/train`.
 * @throws FerlabError of kind `usage` before any work for settings that are unknown, out of range or contradictory;
 *   `data`, `io`, `device` and `diverged` as the training goes.
 */
export async function train(options: TrainOptions, call?: TrainCall): Promise<TrainResult> {
  checkArgument('train', options, { ...section, expected: 'settings such as { data: { path: ... } }' });
  const [{ resolveTrainConfig }, { trainFromConfig, withNetworkOfStart }] = await Promise.all([
    import('./train/config/config.js'),
    import('./train/train.js'),
  ]);
  const { preset = 'seed', ...overrides } = options;
  return trainFromConfig(resolveTrainConfig(preset, await withNetworkOfStart(overrides)), call);
}

/**
 * Continues a run after its last finished epoch; the weights come out as if it had never stopped.
 *
 * @param changes another number of epochs, and where the run's files are now if they have been moved.
 * @throws FerlabError as train, and `model` where the folder isn't a run's, or where what it was trained on has changed;
 *   `io` where the run is being trained.
 */
export async function resumeTraining(
  runFolder: string,
  changes?: ResumeChanges,
  call?: TrainCall,
): Promise<TrainResult> {
  return (await import('./train/train.js')).resumeTraining(runFolder, changes, call);
}

/**
 * Opens the folder of a run, finished or not: its configuration, history and model, and how to go on. Nothing in the
 * folder is changed.
 *
 * @throws FerlabError `model` where it isn't the folder of a run, or where its files don't belong together.
 */
export async function openRun(folder: string): Promise<TrainingRun> {
  return (await import('./train/open-run.js')).openRun(folder);
}

/**
 * Scores a model on the labelled images of a dataset's split, or of one folder of class folders.
 *
 * @throws FerlabError `model` where a file isn't a model or the models don't go together; `usage` for options that are
 *   out of range or contradict each other; `data` where the images can't be used or their classes aren't the model's.
 */
export async function evaluate(options: EvaluateOptions, hooks?: Hooks<EvaluateEvent>): Promise<Evaluation> {
  return (await import('./evaluate/evaluate.js')).evaluateModel(options, hooks);
}

/**
 * Writes a calibrated copy of a model file: its probabilities suit the images of a split best by the loss, and its
 * predicted classes stay (temperature scaling, Guo et al. 2017).
 *
 * @throws FerlabError `model` where the file isn't a model, `data` where the images can't be used or no temperature
 *   suits them, `io` where `out` can't be written.
 */
export async function calibrate(
  options: CalibrateOptions,
  hooks?: Hooks<EvaluateEvent>,
): Promise<CalibratedModel> {
  return (await import('./evaluate/calibrate.js')).calibrateModel(options, hooks);
}

/**
 * Opens a model file to explain its answers: where it looks in a face, as a map over the image's pixels. Pages use `openExplainer`
 * of `ferlab/explain`, which takes the file's bytes.
 *
 * @param file its path; the model that comes with ferlab unless given.
 * @throws FerlabError `model` where the file is missing or not one of this project's; `usage` for wrong options.
 */
export async function openExplainer(
  file?: string,
  options?: { threads?: number | undefined },
): Promise<Explainer> {
  return (await import('./explain-files/explain-files.js')).openExplainerFile(file, options);
}

/**
 * Audits a dataset: exact and near duplicates within and across splits, conflicting labels, blank images, images unlike
 * the others, class balance; with a model or with cross-validation, suspect labels. The dataset stays as it is.
 *
 * @param path a dataset as for training, or one folder of class folders, or a CSV file.
 * @throws FerlabError `data` where there is nothing to audit or the model has other classes; `usage` for options that are
 *   out of range or contradict each other; `io`, `interrupted`, `diverged`.
 */
export async function audit(
  path: string,
  options?: AuditOptions,
  hooks?: Hooks<AuditEvent>,
): Promise<AuditResult> {
  return (await import('./audit/audit.js')).audit(path, options, hooks);
}

/**
 * Reads which images a dataset has, with their labels; decodes none of them.
 *
 * @param path a folder with `train/` and `validation/` (or `test/`), one folder of class folders (with
 *   `validationSplit`), or fer2013.csv or a folder that holds it; undefined with `train` and `validation`.
 * @throws FerlabError `data` where it is missing, empty or of no known layout; `usage` where the options contradict each
 *   other or the dataset.
 */
export async function readDataset(path: string | undefined, options?: ReadOptions): Promise<Dataset> {
  return (await import('./data/dataset/reader.js')).readDataset(path, options);
}

/**
 * Reads soft labels (votes per class) for a dataset from a CSV file.
 *
 * @throws FerlabError `data` where the file can't be read or doesn't fit the dataset.
 */
export async function readSoftLabels(
  path: string,
  dataset: Dataset,
  options?: SoftLabelOptions,
): Promise<SoftLabels> {
  return (await import('./data/votes/soft-labels.js')).readSoftLabels(path, dataset, options);
}

/**
 * Makes a dataset of face crops of one of photographs: the same splits and classes, with the faces cut out as `recognise` cuts
 * them out. Pictures of at most 128 pixels are crops already and are copied whole.
 *
 * @param path a folder of class folders, or one of splits with class folders.
 * @param out a new or empty folder outside of it; it also gets a CSV list of the pictures that aren't of one face.
 * @throws FerlabError `data` where there are no pictures; `io` where `out` holds something or can't be written; `model` where
 *   the detector can't be loaded; `usage` for wrong options; `interrupted` where the signal was aborted, and what is done
 *   stays there.
 */
export async function cropDataset(
  path: string,
  out: string,
  options?: CropDatasetOptions,
  hooks?: Hooks<CropEvent>,
): Promise<CroppedDataset> {
  return (await import('./crop-dataset/crop-dataset.js')).cropDataset(path, out, options, hooks);
}

/**
 * Draws a dataset of faces to try training with: `train/<class>/*.png` and `validation/<class>/*.png`, grey.
 *
 * @param path a folder that is empty or doesn't exist.
 * @throws FerlabError `io` where the folder holds anything or can't be written; `usage` for counts out of range.
 */
export async function writeSampleDataset(path: string, options?: SampleOptions): Promise<WrittenSample> {
  return (await import('./data/sample/write.js')).writeSampleDataset(path, options);
}

/**
 * The bytes of a model file with its large weights stored as float16, about half as many. Every runtime computes in
 * float32 as before, with weights rounded to 11 significant bits.
 *
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are not a model of this project; `usage` for what is no bytes.
 */
export async function withHalfPrecision(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  checkArgument('withHalfPrecision: bytes', bytes, fileBytes);
  checkArgument('withHalfPrecision: where', where, text);
  return (await import('./predict/rewrite.js')).withHalfPrecision(bytes, where);
}

/**
 * The people in a film and their expressions, frame by frame, in memory that doesn't grow with the film. A person keeps the
 * number through crossings, missed frames and up to ten seconds of absence, if the face then resembles what it was.
 *
 * @param path of a film that the machine's ffmpeg can read, or of an animated GIF or WebP file, which needs no ffmpeg.
 * @param recogniser finds and recognises the faces; it stays open.
 * @returns the frames that were looked at, in order, also those without a face.
 * @throws FerlabError `usage` for arguments of the wrong form; `data` where the file is no film; `io` where ffmpeg is missing
 *   or ends before the film does; `interrupted` where the signal was aborted. What was seen until then has been given.
 */
export async function* recogniseVideo<Class extends string>(
  path: string,
  recogniser: Recogniser<Class>,
  options?: VideoOptions,
  hooks?: Hooks<VideoEvent>,
): AsyncGenerator<VideoFrame<Class>, void, undefined> {
  const video = await import('./video/recognise-video.js');
  yield* video.recogniseVideo(path, recogniser, options, hooks);
}
