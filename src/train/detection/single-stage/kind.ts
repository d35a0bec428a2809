// The single-stage detector as a kind of run: its configuration, its photographs, its task.

import type { Fingerprinted } from '../../run/fingerprints.js';
import type { ConfigFormat } from '../../run/stored-run.js';
import type { RunKind } from '../../run/train-run.js';
import { type DetectionConfig, parseDetectionConfig } from './config.js';
import { type DetectionData, openDetectionData } from './data.js';
import { detectionMeasures, detectionTask } from './task.js';

const format: ConfigFormat<DetectionConfig> = {
  task: 'detect',
  parse: parseDetectionConfig,
  withPaths: (config, change) => {
    const { labels, validation, backgrounds } = config.data;
    return {
      ...config,
      data: {
        ...config.data,
        labels: labels.map(change),
        validation: validation.map(change),
        backgrounds: backgrounds && change(backgrounds),
      },
    };
  },
};

function describeFingerprint(name: string, { data }: DetectionConfig): Fingerprinted {
  const files = name === 'validation' && data.validation.length > 0 ? data.validation : data.labels;
  return {
    what: `${name} pictures and labels`,
    found: `others by ${files.join(', ')}`,
    remedy: 'the pictures and their labels',
  };
}

export const detectionRuns: RunKind<DetectionConfig, DetectionData> = {
  format,
  measures: detectionMeasures,
  problem: () => null,
  openData: openDetectionData,
  fingerprints: ({ training, validation }) => ({
    train: training.fingerprint,
    validation: validation.fingerprint,
  }),
  describeFingerprint,
  createTask: detectionTask,
};
