// What a command is: data (arguments, options, examples) and one function to run. Help, checks of the spelling and
// suggestions are made from the data by commander; nothing here knows what a command does.

import { type Command, Option } from 'commander';
import { FerlabError } from '../errors.js';
import type { Terminal } from './terminal.js';

interface ArgumentSpec {
  /** As commander spells it: `<model>`, `[dataset]`, `<files...>`. */
  name: string;
  description: string;
}

export interface OptionSpec {
  /** As commander spells it: `--epochs <n>`, `--no-restore-best`. */
  flags: string;
  description: string;
  /** What happens without the option, for the help; it sets nothing. */
  defaultText?: string;
  /** Heading in the help. */
  group?: string;
  /** It may be given several times; see listOption. */
  repeatable?: true;
}

/** One use of a command. */
export interface Invocation {
  /** In the order of the command's arguments; the last holds the rest where it ends in `...`. */
  arguments: (string | string[] | undefined)[];
  /** Options that were given, by commander's name (`batchSize`); nothing else. */
  options: Readonly<Record<string, string | boolean | undefined>>;
  /** Those that may be given several times, apart. */
  lists: Readonly<Record<string, readonly string[] | undefined>>;
  terminal: Terminal;
  /** The whole command line, quoted for a shell: how to do the same again. */
  commandLine: string;
}

export interface CommandSpec {
  /** How its arguments are written, where that isn't their names in order. */
  usage?: string;
  arguments: readonly ArgumentSpec[];
  options: readonly OptionSpec[];
  /** Whole command lines, each with what it does. */
  examples: readonly (readonly [line: string, meaning: string])[];
  /** The exit code; nothing means 0. Failures are thrown. */
  run(invocation: Invocation): Promise<number | undefined>;
}

/** Options that every command has. */
export const quietOption: OptionSpec = { flags: '--quiet', description: 'print errors and results only' };
export const debugOption: OptionSpec = { flags: '--debug', description: 'print the stack trace of an error' };
export const jsonOption: OptionSpec = {
  flags: '--json',
  description: 'print JSON on standard output, everything else on standard error',
};

/** The name under which commander keeps an option: `--batch-size <n>` is `batchSize`, `--no-flip` is `flip`. */
export function optionKey(flags: string): string {
  return new Option(flags).attributeName();
}

/** The long flag alone: `--batch-size`. */
export function longFlag(flags: string): string {
  return new Option(flags).long ?? flags;
}

function addOption(command: Command, spec: OptionSpec): void {
  const shown = spec.defaultText === undefined ? '' : ` (default: ${spec.defaultText})`;
  const option = new Option(spec.flags, spec.description + shown);
  if (spec.group) option.helpGroup(spec.group);
  if (spec.repeatable) option.argParser((text: string, before?: string[]) => [...(before ?? []), text]);
  command.addOption(option);
}

/** Words as a shell reads them back. */
export function shellLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./\\:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** Gives `command` the arguments, options, examples and work of `spec`; `finish` gets the exit code. */
export function describeCommand(
  command: Command,
  spec: CommandSpec,
  { terminal, commandLine }: Pick<Invocation, 'terminal' | 'commandLine'>,
  finish: (code: number) => void,
): void {
  if (spec.usage !== undefined) command.usage(spec.usage);
  for (const { name, description } of spec.arguments) command.argument(name, description);
  for (const option of spec.options) addOption(command, option);
  const width = Math.max(...spec.examples.map(([line]) => line.length));
  const examples = spec.examples.map(([line, meaning]) => `  $ ${line.padEnd(width)}  # ${meaning}`);
  command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
  command.showHelpAfterError(`See "ferlab ${command.name()} --help".`);
  command.action(async () => {
    const options = Object.entries(command.opts()).filter(
      ([key]) => command.getOptionValueSource(key) === 'cli',
    );
    const code = await spec.run({
      arguments: command.processedArgs as Invocation['arguments'],
      options: Object.fromEntries(options.filter(([, value]) => !Array.isArray(value))),
      lists: Object.fromEntries(options.filter(([, value]) => Array.isArray(value))),
      terminal,
      commandLine,
    });
    finish(code ?? 0);
  });
}

function refuse(flag: string, expected: string, text: string): never {
  throw new FerlabError('usage', `${flag}: expected ${expected}, got ${JSON.stringify(text)}`);
}

/** An option's value as a text; undefined where it wasn't given. */
export function textOption(invocation: Invocation, flags: string): string | undefined {
  const value = invocation.options[optionKey(flags)];
  return typeof value === 'string' ? value : undefined;
}

/** The text of an option that a command can't do without. `expected` says what it names. */
export function requiredOption(invocation: Invocation, flags: string, expected: string): string {
  const text = textOption(invocation, flags);
  if (text !== undefined) return text;
  throw new FerlabError('usage', `${longFlag(flags)}: expected ${expected}, got none. Add "${flags}".`);
}

/** Every value of an option that may be given several times, in order. */
export function listOption(invocation: Invocation, flags: string): readonly string[] {
  return invocation.lists[optionKey(flags)] ?? [];
}

/** An option's value as one of `choices`; undefined where it wasn't given. */
export function choiceOption<T extends string>(
  invocation: Invocation,
  flags: string,
  choices: readonly T[],
): T | undefined {
  const text = textOption(invocation, flags);
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  return found ?? refuse(longFlag(flags), `one of ${choices.join(', ')}`, text);
}

/** An option's value as an integer from `lowest`; undefined where it wasn't given. */
export function integerOption(invocation: Invocation, flags: string, lowest: number): number | undefined {
  const text = textOption(invocation, flags);
  if (text === undefined) return undefined;
  const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  const expected = lowest === 1 ? 'a positive integer' : `an integer, ${lowest} or more`;
  return Number.isSafeInteger(value) && value >= lowest ? value : refuse(longFlag(flags), expected, text);
}

export function flagOption(invocation: Invocation, flags: string): boolean {
  return invocation.options[optionKey(flags)] === true;
}
