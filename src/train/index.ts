// What `import ... from 'ferlab/train'` offers: training, with its configurations as values.

export { type ErrorKind, FerlabError } from '../errors.js';
export {
  parseTrainConfig,
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from './config/config.js';
export { type PresetName, presetNames } from './config/presets.js';
export type { TrainEvent, TrainHooks, TrainResult } from './loop/events.js';
export { openRun, type TrainingRun } from './open-run.js';
export {
  type MovedFiles,
  type ResumeChanges,
  resumeTraining,
  type TrainCall,
  trainFromConfig,
} from './train.js';
