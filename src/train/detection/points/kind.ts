// The network of points as a kind of run: its configuration, its photographs, its task.

import type { Fingerprinted } from '../../run/fingerprints.js';
import type { ConfigFormat } from '../../run/stored-run.js';
import type { RunKind } from '../../run/train-run.js';
import { type PointConfig, parsePointConfig } from './config.js';
import { openPointData, type PointData } from './data.js';
import { pointMeasures, pointTask } from './task.js';

const format: ConfigFormat<PointConfig> = {
  task: 'face points',
  parse: parsePointConfig,
  withPaths: (config, change) => {
    const { labels, validation } = config.data;
    return {
      ...config,
      data: { ...config.data, labels: labels.map(change), validation: validation.map(change) },
    };
  },
};

function describeFingerprint(name: string, { data }: PointConfig): Fingerprinted {
  const files = name === 'validation' && data.validation.length > 0 ? data.validation : data.labels;
  return {
    what: `${name} pictures and labels`,
    found: `others by ${files.join(', ')}`,
    remedy: 'the pictures and their labels',
  };
}

export const pointRuns: RunKind<PointConfig, PointData> = {
  format,
  measures: pointMeasures,
  problem: () => null,
  openData: openPointData,
  fingerprints: ({ training, validation }) => ({
    train: training.fingerprint,
    validation: validation.fingerprint,
  }),
  describeFingerprint,
  createTask: pointTask,
};
