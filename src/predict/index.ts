// What the library offers for predicting from images in memory, in Node and in pages. Reads no files.

export { type ErrorKind, FerlabError } from '../errors.js';
export { type GrayImage, toGray } from '../image/gray.js';
export type { Hooks } from '../progress.js';
export { openEnsemble } from './ensemble.js';
export type { EncodedImage, ImageInput, PixelImage } from './image-input.js';
export type {
  CalibratedNumber,
  FaceCrop,
  ModelCalibration,
  ModelMetadata,
  UncertainRule,
} from './metadata.js';
export {
  type ClassProbability,
  type ExpressionModel,
  type LoadOptions,
  loadModelFromBytes,
  type PixelAnswers,
  type PredictEvent,
  type Prediction,
} from './model.js';
export { describeNote, type ModelNote } from './notes.js';
export { withTestTimeAugmentation } from './test-time.js';
export { type CropMargin, type TestTimeKind, testTimeKinds, testTimeViews } from './views.js';
