// Checks arguments of the library's calls: a wrong one is refused before any work.

import { FerlabError } from './errors.js';

/** What one option may be: `expected` says it in words. */
export interface OptionRule {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

export function wholeNumber(lowest: number, highest: number): OptionRule {
  return {
    expected: `a whole number from ${lowest} to ${highest}`,
    accepts: (value) => Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest,
  };
}

export function oneOf(values: readonly string[]): OptionRule {
  return { expected: `one of ${values.join(', ')}`, accepts: (value) => values.includes(value as string) };
}

export function oneOfNumbers(values: readonly number[]): OptionRule {
  return { expected: `one of ${values.join(', ')}`, accepts: (value) => values.includes(value as number) };
}

/** Of a file in memory. */
export const fileBytes: OptionRule = {
  expected: 'bytes (a Uint8Array)',
  accepts: (value) => value instanceof Uint8Array,
};

/** Levels from 0 to 255, as of a decoder or a canvas. */
export const pixelBytes: OptionRule = {
  expected: 'pixels (a Uint8Array or Uint8ClampedArray)',
  accepts: (value) => value instanceof Uint8Array || value instanceof Uint8ClampedArray,
};

export const positive: OptionRule = {
  expected: 'a positive number',
  accepts: (value) => typeof value === 'number' && value > 0,
};

export const text: OptionRule = { expected: 'a text', accepts: (value) => typeof value === 'string' };

export const flag: OptionRule = {
  expected: 'true or false',
  accepts: (value) => typeof value === 'boolean',
};

/** For options whose range is checked elsewhere. */
export const anyNumber: OptionRule = {
  expected: 'a number',
  accepts: (value) => typeof value === 'number',
};

export const callback: OptionRule = {
  expected: 'a function',
  accepts: (value) => typeof value === 'function',
};

/** Of a file or folder. An empty text would stand for the working folder. */
export const path: OptionRule = {
  expected: 'a path',
  accepts: (value) => typeof value === 'string' && value !== '',
};

/** An object whose content is checked elsewhere. */
export const section: OptionRule = {
  expected: 'an object with settings',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

export function listOf(rule: OptionRule): OptionRule {
  return {
    expected: `a list, each ${rule.expected}`,
    accepts: (value) => Array.isArray(value) && value.every(rule.accepts),
  };
}

/** An object that has these methods, as a loaded model has `predict`. */
export function having(what: string, ...methods: readonly string[]): OptionRule {
  return {
    expected: what,
    accepts: (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
  };
}

export function either(first: OptionRule, second: OptionRule): OptionRule {
  return {
    expected: `${first.expected} or ${second.expected}`,
    accepts: (value) => first.accepts(value) || second.accepts(value),
  };
}

/** A model that answers: of one file or of several, loaded by ferlab or made by the caller. */
export const loadedModel: OptionRule = {
  expected: 'a loaded model (of loadModel)',
  accepts: (value) =>
    having('', 'probabilities').accepts(value) &&
    section.accepts((value as { inputSize?: unknown }).inputSize) &&
    Array.isArray((value as { classes?: unknown }).classes),
};

/** One rule for each option of a call, so that an option without a rule doesn't compile. */
export type OptionRules<Options> = { readonly [Name in keyof Required<Options>]: OptionRule };

const hookRules = {
  onProgress: callback,
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};

/** Threads of the engine. */
export const threadCount = wholeNumber(1, 1024);

/** A value in words, short whatever it is: a list isn't written out. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor?.name ?? 'object';
    if (Array.isArray(value)) return `a list of ${value.length}`;
    return /^[AEIOU]/i.test(name) ? `an ${name}` : `a ${name}`;
  }
  if (typeof value === 'function') return 'a function';
  return shorten(String(value));
}

/** Long text cut in the middle, for messages. */
export function shorten(value: string, length = 200): string {
  if (value.length <= length) return value;
  const half = Math.floor((length - 5) / 2);
  return `${value.slice(0, half)} ... ${value.slice(-half)}`;
}

/**
 * @param where names the call in messages.
 * @throws FerlabError `usage` for an option that isn't in `rules`, or has a value that its rule refuses. undefined stands
 *   for the default.
 */
export function checkOptions(
  where: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  const names = Object.keys(rules);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new FerlabError(
      'usage',
      `${where}: expected options such as { ${names[0]}: ... }, got ${show(options)}.`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      const advice = Object.hasOwn(hookRules, name) ? ` Give ${name} in the argument after the options.` : '';
      throw new FerlabError(
        'usage',
        `${where}: expected options among ${names.join(', ')}; got ${show(name)}.${advice}`,
      );
    }
    if (value !== undefined) checkArgument(`${where}: ${name}`, value, rule);
  }
}

/** @throws FerlabError `usage` for an argument that its rule refuses. */
export function checkArgument(where: string, value: unknown, rule: OptionRule): void {
  if (!rule.accepts(value))
    throw new FerlabError('usage', `${where}: expected ${rule.expected}, got ${show(value)}.`);
}

/**
 * Checks the last argument of a long call, `{ onProgress, signal }`.
 *
 * @param further what else this call takes there.
 */
export function checkHooks(
  where: string,
  hooks: unknown,
  further: Readonly<Record<string, OptionRule>> = {},
): void {
  checkOptions(where, hooks, { ...hookRules, ...further });
}
