// Classification as a kind of run: its configuration, its data, its task.

import { checkTrainConfig } from '../config/config.js';
import type { RunConfig } from '../loop/run-config.js';
import type { RunKind } from '../run/train-run.js';
import { describeFingerprint, trainConfigFormat } from './stored-config.js';
import { classificationMeasures, classificationTask } from './task.js';
import { openTrainingData, type TrainingData } from './training-data.js';

export const classificationRuns: RunKind<RunConfig, TrainingData> = {
  format: trainConfigFormat,
  measures: classificationMeasures,
  problem(config) {
    const { issues } = checkTrainConfig(config);
    return issues.length === 0 ? null : issues.map(({ path, message }) => `${path}: ${message}`).join('\n');
  },
  openData: openTrainingData,
  fingerprints: ({ fingerprints, extra }) => ({ ...fingerprints, ...extra.fingerprints }),
  describeFingerprint,
  createTask: classificationTask,
};
