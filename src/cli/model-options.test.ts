import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type CommandSpec, describeCommand, type Invocation } from './command.js';
import { type ModelChoice, modelOptions, readModelOptions, takeModel } from './model-options.js';
import type { Terminal } from './terminal.js';

/** What `reads` makes of a command line of a command with these options. */
async function parse<T>(argv: readonly string[], reads: (invocation: Invocation) => T): Promise<T> {
  let result: T | undefined;
  const spec: CommandSpec = {
    arguments: [{ name: '<words...>', description: '' }],
    options: modelOptions,
    examples: [['ferlab use m', '']],
    run: async (invocation) => {
      result = reads(invocation);
      return 0;
    },
  };
  const program = new Command();
  describeCommand(program.command('use'), spec, { terminal: {} as Terminal, commandLine: '' }, () => {});
  await program.parseAsync(['use', ...argv], { from: 'user' });
  return result!;
}

const read = (...argv: string[]): Promise<ModelChoice> => parse(argv, readModelOptions);
const take = (...argv: string[]) =>
  parse(argv, (invocation) => takeModel(invocation, invocation.arguments[0] as string[]));

describe('takeModel', () => {
  it('takes a first argument that ends in .onnx, or --model, else none', async () => {
    expect(await take('a.onnx', 'x.jpg', 'y')).toEqual({ model: 'a.onnx', rest: ['x.jpg', 'y'] });
    expect(await take('A.ONNX')).toEqual({ model: 'A.ONNX', rest: [] });
    expect(await take('x.jpg', 'a.onnx')).toEqual({ model: undefined, rest: ['x.jpg', 'a.onnx'] });
    expect(await take('x.jpg', '--model', 'a.bin')).toEqual({ model: 'a.bin', rest: ['x.jpg'] });
  });

  it('refuses two models', async () => {
    await expect(take('a.onnx', 'x.jpg', '--model', 'b.onnx')).rejects.toThrow(
      '--model: expected one model, got b.onnx and a.onnx',
    );
  });
});

describe('readModelOptions', () => {
  it('collects --with in order, and takes one --tta', async () => {
    expect(await read('a', '--with', 'b', '--tta', 'flip', '--with', 'c')).toEqual({
      with: ['b', 'c'],
      tta: 'flip',
    });
    expect(await read('--with', 'b', 'a')).toMatchObject({ with: ['b'] });
    expect(await read('a')).toEqual({ with: [], tta: undefined });
  });

  it('refuses views that there are not', async () => {
    await expect(read('a', '--tta', 'ten')).rejects.toThrow(
      '--tta: expected one of none, flip, ten-crop, got "ten"',
    );
  });
});
