import { describe, expect, it } from 'vitest';
import {
  anything,
  exactly,
  list,
  number,
  object,
  optional,
  type Reader,
  record,
  text,
  wholeNumber,
} from './json-fields.js';

const read = object<{ name: string; sizes: number[]; kind?: 'a' | undefined; rest: Record<string, unknown> }>(
  {
    name: text,
    sizes: list(wholeNumber(1, 9), 2),
    kind: optional(exactly('a')),
    rest: record(anything),
  },
);
const good = { name: 'x', sizes: [1, 9], rest: {} };

describe('a value of JSON', () => {
  it('is read by its fields alone', () => {
    expect(read({ ...good, more: 1 }, '')).toEqual(good);
    expect(Object.keys(read(good, ''))).toEqual(['name', 'sizes', 'rest']);
    expect(read({ ...good, kind: 'a' }, '').kind).toBe('a');
  });

  it.each<[string, unknown, string]>([
    ['a list for an object', [], ': expected an object, found a list of 0'],
    ['null', null, ': expected an object, found null'],
    ['a missing field', { ...good, name: undefined }, 'name: expected a text, found none'],
    [
      'an entry out of range',
      { ...good, sizes: [1, 10] },
      'sizes.1: expected a whole number from 1 to 9, found 10',
    ],
    ['a short list', { ...good, sizes: [1] }, 'sizes: expected a list of 2 or more, found 1'],
    ['a number for a list', { ...good, sizes: 3 }, 'sizes: expected a list of 2 or more, found 3'],
    ['another text', { ...good, kind: 'b' }, 'kind: expected "a", found "b"'],
    [
      'a long text',
      { ...good, rest: 'y'.repeat(200) },
      `rest: expected an object, found "${'y'.repeat(99)}...`,
    ],
  ])('is refused: %s', (_, value, message) => {
    expect(() => read(value, '')).toThrow(message);
  });

  it('has no number beyond what a double holds, and sets no prototype', () => {
    expect(() => number(JSON.parse('1e999'), 'x')).toThrow(/expected a number/);
    const plain: Reader<Record<string, unknown>> = record(anything);
    const found = plain(JSON.parse('{ "__proto__": { "polluted": 1 } }'), '');
    expect(found.polluted).toBeUndefined();
    expect(Object.keys(found)).toEqual(['__proto__']);
    expect(() => read(JSON.parse('{ "__proto__": { "name": "x" } }'), '')).toThrow(/name: expected a text/);
  });
});
