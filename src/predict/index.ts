// What `import ... from 'ferlab/predict'` offers: predicting from pixels, in Node and in a page. Reads no files.

export { type ErrorKind, FerlabError } from '../errors.js';
export { type GrayImage, toGray } from '../image/gray.js';
export { openEnsemble } from './ensemble.js';
export type { ModelMetadata } from './metadata.js';
export { type ExpressionModel, type LoadOptions, openModel, type Prediction } from './model.js';
export { describeNote, type ModelNote } from './notes.js';
export { withTestTimeAugmentation } from './test-time.js';
export { type Margin, type TestTimeKind, testTimeKinds, views } from './views.js';
