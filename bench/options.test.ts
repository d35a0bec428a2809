import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWanted, parseOptions, usage } from './options.js';

const here = path.resolve('somewhere');
const parse = (...argv: string[]) => parseOptions(argv, here)!;

describe('the command line', () => {
  it('measures all but what needs a GPU by default', () => {
    expect(parse().sections).toEqual(['train', 'accuracy', 'infer', 'faces', 'serve', 'micro', 'scaling']);
    expect(parse()).toMatchObject({ rounds: null, quick: false, data: null, contestants: null });
  });

  it('takes sections in the order of the report', () => {
    expect(parse('--only', 'micro, gpu, train').sections).toEqual(['train', 'gpu', 'micro']);
  });

  it('means paths from where the user stands', () => {
    const { data, out } = parse('--data', 'faces', '--out', 'results');
    expect(data).toBe(path.join(here, 'faces'));
    expect(out).toBe(path.join(here, 'results'));
  });

  it('never writes a quick run into the documentation by default', () => {
    expect(path.basename(parse().out)).toBe('docs');
    expect(parse('--quick').out).not.toContain('docs');
  });

  it('answers --help with nothing to run', () => {
    expect(parseOptions(['--help'], here)).toBeNull();
    for (const flag of ['only', 'rounds', 'contestants', 'data', 'out', 'quick'])
      expect(usage).toContain(`--${flag}`);
  });

  it.each([
    [['--only', 'speed'], '--only: expected some of train, gpu, accuracy'],
    [['--only', ''], '--only: expected some of'],
    [['--rounds', '0'], '--rounds: expected a positive integer; found "0"'],
    [['--rounds', '2.5'], '--rounds: expected a positive integer'],
    [['--fast'], '--fast'],
  ])('refuses %j', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});

it('finds contestants by any part of their names', () => {
  const options = parse('--contestants', 'Keras,fp32');
  const names = ['ferlab', 'Keras', 'PyTorch fp32', 'PyTorch bf16'];
  expect(names.filter((name) => isWanted(options, name))).toEqual(['Keras', 'PyTorch fp32']);
  expect(names.filter((name) => isWanted(parse(), name))).toEqual(names);
});
