// Checks options of the library's calls: a wrong one is refused before any work.

import { FerlabError } from '../errors.js';

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

export const text: OptionRule = { expected: 'a text', accepts: (value) => typeof value === 'string' };

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
      throw new FerlabError(
        'usage',
        `${where}: expected options among ${names.join(', ')}; got ${show(name)}.`,
      );
    }
    if (value !== undefined && !rule.accepts(value)) {
      throw new FerlabError('usage', `${where}: ${name}: expected ${rule.expected}, got ${show(value)}.`);
    }
  }
}
