import { describe, expect, it } from 'vitest';
import { resolveTrainConfig } from '../config/config.js';
import { checkFingerprints } from './fingerprints.js';
import type { OpenedRun } from './run-folder.js';
import type { TrainingData } from './training-data.js';

describe('checkFingerprints', () => {
  const check = (data: { path: string } | { train: string; validation: string }, found: object) => {
    const fingerprints = { train: 'a', validation: 'b' };
    const opened = {
      config: resolveTrainConfig('seed', { data }),
      checkpoint: { progress: { fingerprints } },
    } as unknown as OpenedRun;
    const given = { fingerprints: { ...fingerprints, ...found }, supervision: { fingerprints: {} } };
    return () => checkFingerprints('run', opened, given as unknown as TrainingData);
  };

  it('accepts the images that the run began with', () => {
    expect(check({ path: 'faces' }, {})).not.toThrow();
  });

  it('names the dataset, or the folder that was given for the split', () => {
    const folders = { train: 'mine', validation: 'theirs' };
    expect(check({ path: 'faces' }, { train: 'c' })).toThrow(/expected the train images .* others in faces/);
    expect(check(folders, { train: 'c' })).toThrow(/others in mine/);
    expect(check(folders, { validation: 'c' })).toThrow(/expected the validation images .* others in theirs/);
  });
});
