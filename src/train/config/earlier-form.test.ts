import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTrainConfig, resolveTrainConfig } from './config.js';

interface Stored {
  train: Record<string, unknown>;
  softLabels: Record<string, unknown>;
  distillation: Record<string, unknown>;
  start: Record<string, unknown>;
}

const stored = (preset: string): Stored =>
  JSON.parse(readFileSync(new URL(`../../../test/golden/config/${preset}.json`, import.meta.url), 'utf8'));

const parse = (value: unknown) => parseTrainConfig(value, 'runs/a/config.json');

describe('configurations of earlier runs', () => {
  it.each(['quick', 'medium'] as const)('of %s are what the preset is today', (preset) => {
    const today = resolveTrainConfig(preset, {
      data: { path: 'faces', workers: 1 },
      train: { epochs: 2, threads: 1 },
      out: 'runs/a',
    });
    expect(parse(stored(preset))).toEqual(today);
  });

  it('keep the model that they start from, votes and teachers', () => {
    const earlier = stored('quick');
    earlier.start = { from: 'a.onnx' };
    earlier.softLabels = { file: 'votes.csv', weight: 0.3, minVotes: 1, fit: false };
    earlier.distillation = { teachers: ['box'], weight: 0.5, temperature: 2, views: 'image' };
    expect(parse(earlier)).toMatchObject({
      startFrom: 'a.onnx',
      softLabels: { file: 'votes.csv', weight: 0.3, minVotes: 1 },
      distillation: { teachers: ['box'], weight: 0.5, temperature: 2 },
    });
  });

  it.each([
    [
      'distillation',
      { teachers: ['box'], weight: 0.5, temperature: 2, views: 'batch' },
      /distillation\.views/,
    ],
    ['softLabels', { file: 'votes.csv', weight: 0.3, minVotes: 1, fit: true }, /softLabels\.fit/],
    ['train', { ...stored('quick').train, mode: 'min' }, /train\.mode/],
  ])('are refused where they did what is gone: %s', (section, value, message) => {
    expect(() => parse({ ...stored('quick'), [section]: value })).toThrow(message);
  });
});
