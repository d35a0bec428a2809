// How a setting is declared, once: its type, range and default as a zod schema, and with it the option of `ferlab train`
// that sets it and one line about it. The command line's options, its help and the tables of docs/command-line.md are
// made from this; see settings.ts for the list and schema.ts for the settings themselves.

import { z } from 'zod';

/** Kinds of text in which an option gives its value. */
export type ValueForm = 'text' | 'number' | 'flag' | 'numbers' | 'texts' | 'size' | 'rates' | 'bytes';

/** The option of the command line that sets a setting. */
export interface SettingOption {
  /** As commander spells it: `--epochs <n>`. Of a switch, the side that isn't the default: `--no-calibrate`. */
  flags: string;
  /** One line, without a full stop. */
  description: string;
  /** How its text becomes a value; by the schema's type unless given. */
  form?: ValueForm;
  /** What happens without the option, in words, where a value wouldn't say it. */
  defaultText?: string;
  /** The text `off` turns off the whole section that the setting is part of: mixup without an alpha is none. */
  offSection?: true;
  /** The other side of a switch that presets turn on: its flags and description. */
  opposite?: readonly [flags: string, description: string];
}

/** Options by setting, and headings by section. */
export const options = z.registry<SettingOption>();
export const headings = z.registry<{ heading: string }>();

/** Declares the option that sets a setting. */
export function setBy<T extends z.ZodType>(schema: T, option: SettingOption): T {
  options.add(schema, option);
  return schema;
}

/** Declares the heading under which the options of a section stand. */
export function headed<T extends z.ZodType>(schema: T, heading: string): T {
  headings.add(schema, { heading });
  return schema;
}

// The message of every schema is what was expected, and nothing else; resolve.ts puts path and value around it.

export function number(expected: string, holds: (value: number) => boolean) {
  return z.number(expected).refine(holds, expected);
}
export const positiveInteger = () =>
  number('a positive integer', (value) => Number.isSafeInteger(value) && value > 0);
export const wholeNumber = () =>
  number('an integer, 0 or more', (value) => Number.isSafeInteger(value) && value >= 0);
export const positiveNumber = () => number('a number above 0', (value) => value > 0);
export const nonNegative = () => number('a number, 0 or more', (value) => value >= 0);
export const share = () => number('a number from 0 to 1', (value) => value >= 0 && value <= 1);
export const positiveShare = () => number('a number above 0, at most 1', (value) => value > 0 && value <= 1);
/** A rate that must leave something: dropout, smoothing, momentum, the decay of an average. */
export const rate = () =>
  number('a number from 0 up to, but not including, 1', (value) => value >= 0 && value < 1);
export const flag = () => z.boolean('true or false');
export const text = () => z.string('a text').min(1, 'a text that is not empty');
export const choice = <const T extends readonly [string, ...string[]]>(names: T) =>
  z.enum(names, `one of ${names.join(', ')}`);
export const listOf = <T extends z.ZodType>(items: T, what: string) =>
  z.array(items, `a list of ${what}`).min(1, `a list of at least one of ${what}`);

/** Largest image side: beyond it the first block's activations alone would take gigabytes. */
const largestSide = 1024;
/** Smallest image side: less can't show a face. */
export const smallestSide = 8;

export const side = () =>
  number(
    `an image side, an integer from ${smallestSide} to ${largestSide} pixels`,
    (value) => Number.isInteger(value) && value >= smallestSide && value <= largestSide,
  );

/** One section: its keys are all that is allowed. */
export function section<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, 'a section with settings');
}
