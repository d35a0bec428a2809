// What `import ... from 'ferlab/explain'` offers: where a model looks, in Node and in pages. Reads no files. It is an entry of its own
// since it traces and differentiates networks, which predicting needn't load.

export {
  type ExplainEvent,
  type Explainer,
  type ExplainOptions,
  type Explanation,
  openExplainer,
} from './explain.js';
export { type ExplainMethod, explainMethods } from './methods.js';
