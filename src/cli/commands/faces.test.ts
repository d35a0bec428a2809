import { describe, expect, it } from 'vitest';
import type { Invocation } from '../command.js';
import { facesCommand } from './faces.js';

const run = (options: Invocation['options'], labels = ['labels.csv']) =>
  facesCommand.run({
    arguments: ['train', labels],
    options,
    lists: {},
    terminal: {} as Invocation['terminal'],
    commandLine: '',
  });

describe('ferlab faces train', () => {
  it.each([
    [{ detector: 'mtcnn', tiles: '3' }, /--tiles: expected --detector single, which alone has it; got mtcnn/],
    [{ effort: '2' }, /--effort: expected --detector mtcnn, which alone has it; got single/],
    [{ detector: 'mtcnn', effort: '0' }, /--effort: expected a number above 0, at most 1000, got "0"/],
    [{ detector: 'mtcnn', minFace: '3' }, /--min-face: expected/],
    [{ detector: 'haar' }, /--detector: expected/],
    [{ learningRate: 'fast' }, /--learning-rate: expected a number above 0, at most 1, got "fast"/],
  ])('refuses %j before any work', async (options, message) => {
    await expect(run(options)).rejects.toThrow(message);
  });

  it('asks for labels', async () => {
    await expect(run({ detector: 'mtcnn' }, [])).rejects.toThrow(/expected label files or a run to resume/);
  });
});
