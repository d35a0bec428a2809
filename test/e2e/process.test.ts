// What only a process shows: exit codes, what reaches its streams, and that it ends by itself.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../dist/cli/main.js';
import { exitCodes } from '../../dist/errors.js';
import { runFerlab, startFerlab } from './process.js';
import { copyTrainedRun, exists, expectRefusal, temporaryFolder } from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const model = 'run/best.onnx';
const train = ['train', 'faces', '--epochs', '1', ...tiny];

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  copyTrainedRun(folder);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

describe('a command that succeeds ends with 0, with results on standard output and no error', () => {
  const lines: Record<string, string[]> = {
    train: [...train, '--out', 'trained'],
    evaluate: ['evaluate', model, 'faces', '--json'],
    predict: ['predict', model, 'faces/validation/sad'],
    calibrate: ['calibrate', model, 'faces', '--out', 'calibrated.onnx'],
    export: ['export', model, '--out', 'half.onnx', '--weights', 'float16'],
    sample: ['sample', 'drawn', '--train', '7', '--validation', '7'],
    audit: ['audit', 'faces', '--quiet'],
    models: ['models'],
    report: ['report', 'run', 'published'],
    detect: ['detect', 'faces/validation/sad'],
    explain: ['explain', model, 'faces/validation/sad/00000.png', '--json'],
  };
  /** Run as processes by tests of their own beside this file. */
  const elsewhere = ['crop', 'faces', 'import', 'serve', 'studio', 'video'];

  it.each(commands.map(({ name }) => name).filter((name) => !elsewhere.includes(name)))(
    '%s',
    async (name) => {
      const result = await runFerlab(lines[name]!, folder);
      expect(result).toMatchObject({ code: 0, signal: null });
      expect(result.stderr).not.toMatch(/error|warning/i);
      expect(result.stdout).not.toBe('');
    },
  );
});

it('with --quiet a training prints nothing', async () => {
  const result = await runFerlab([...train, '--out', 'quiet', '--quiet'], folder);
  expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(exists(folder, 'quiet', 'best.onnx')).toBe(true);
});

describe('a command that fails ends with the exit code of its error', () => {
  const lines: Record<string, string[]> = {
    usage: ['train', 'faces', '--epochs', '0'],
    data: ['train', 'nowhere', '--out', 'refused'],
    model: ['evaluate', 'none.onnx', 'faces'],
    io: [...train, '--out', 'run'],
    diverged: [...train, '--out', 'diverged', '--learning-rate', '1e30'],
  };

  // `device` is in devices.test.ts, `interrupted` in resume.test.ts; `internal` needs a fault.
  it.each(Object.keys(lines))('%s', async (kind) => {
    expectRefusal(await runFerlab(lines[kind]!, folder), exitCodes[kind as keyof typeof exitCodes]);
  });

  it('of files that are no images, without the word error', async () => {
    const { code, stderr } = await runFerlab(['predict', model, 'gone.jpg'], folder);
    expect([code, stderr]).toEqual([exitCodes.data, 'gone.jpg: expected an image, found no such file\n']);
  });
});

it('a command says nothing when its reader goes away', async () => {
  const running = startFerlab(['predict', model, 'faces', '--csv'], folder);
  running.child.stdout.destroy();
  const { code, stderr } = await running.finished;
  expect([code, stderr]).toEqual([141, '']);
});
