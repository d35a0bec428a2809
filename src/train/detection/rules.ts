// What the options may be that all trainings on photographs with labelled faces have.

import { flag, listOf, type OptionRule, oneOf, path, text, wholeNumber } from '../../check-options.js';

/** Of trainDetector, trainPoints and trainCascade alike. */
export const trainingRules = {
  labels: listOf(path),
  validation: listOf(path),
  out: path,
  epochs: wholeNumber(1, 100_000),
  seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  threads: wholeNumber(1, 1024),
  workers: wholeNumber(1, 1024),
  device: oneOf(['cpu', 'cuda']),
  maxBadShare: {
    expected: 'a number from 0 to 1',
    accepts: (share) => Number(share) >= 0 && Number(share) <= 1,
  },
} satisfies Record<string, OptionRule>;

/** Of a training of one network. */
export const networkRules = {
  ...trainingRules,
  batchSize: wholeNumber(1, 4096),
  learningRate: {
    expected: 'a number above 0, at most 1',
    accepts: (rate) => Number(rate) > 0 && Number(rate) <= 1,
  },
} satisfies Record<string, OptionRule>;

/** How many tiles or crops an epoch has. */
export const perEpoch = wholeNumber(1, 100_000_000);

export const callRules = { command: text, report: flag };
