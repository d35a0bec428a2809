import { describe, expect, it } from 'vitest';
import type { Checkpoint } from './checkpoint.js';
import { checkFingerprints } from './fingerprints.js';

describe('checkFingerprints', () => {
  const began = { train: 'a', validation: 'b' };
  const checkpoint = { progress: { fingerprints: began } } as unknown as Checkpoint;
  const check = (found: object, stored: object = { checkpoint }) => {
    const run = { path: 'run', checkpoint: null, ...stored };
    return () =>
      checkFingerprints(run, { ...began, ...found }, (name) => ({
        what: `${name} images`,
        found: 'others in faces',
        remedy: 'the dataset',
      }));
  };

  it('accepts what the run began with', () => {
    expect(check({})).not.toThrow();
  });

  it('names what has changed', () => {
    expect(check({ validation: 'c' })).toThrow(
      'run: expected the validation images that the run began with, found others in faces. ' +
        'Restore the dataset, or start a new run.',
    );
  });

  it('goes by what was stored with the configuration where no epoch is done', () => {
    expect(check({ train: 'c' }, { fingerprints: began })).toThrow(/train images/);
    expect(check({ train: 'c' }, {})).not.toThrow(); // stopped before the images were read
  });
});
