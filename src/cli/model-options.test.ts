import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommand, type CommandSpec } from './command.js';
import { type ModelChoice, modelOptions, readModelOptions } from './model-options.js';
import type { Terminal } from './terminal.js';

/** What a command with these options reads from a command line. */
async function read(...argv: string[]): Promise<ModelChoice> {
  let choice: ModelChoice | undefined;
  const spec: CommandSpec = {
    name: 'use',
    summary: '',
    arguments: [{ name: '<model>', description: '' }],
    options: modelOptions,
    examples: [['ferlab use m', '']],
    run: async (invocation) => {
      choice = readModelOptions(invocation);
      return 0;
    },
  };
  const program = new Command();
  addCommand(program, spec, { terminal: {} as Terminal, commandLine: '' }, () => {});
  await program.parseAsync(['use', ...argv], { from: 'user' });
  return choice!;
}

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
