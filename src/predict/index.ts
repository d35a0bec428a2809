// What a program needs to predict, in Node and in pages: `import ... from 'ferlab/predict'`.

export { type ErrorKind, exitCodes, FerlabError } from '../errors.js';
export { type GrayImage, toGray } from '../image/gray.js';
export { openEnsemble } from './ensemble.js';
export type { ModelMetadata } from './metadata.js';
export { type ExpressionModel, type LoadOptions, openModel, type Prediction } from './model.js';
export { withTestTimeAugmentation } from './test-time.js';
export { type TestTimeKind, testTimeKinds } from './views.js';
