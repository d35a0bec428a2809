import { expect, it } from 'vitest';
import { csvLine } from './csv.js';

it('csvLine quotes where RFC 4180 asks for it', () => {
  expect(csvLine(['a,b', 'say "x"', 'two\nlines', 0.5, ''])).toBe('"a,b","say ""x""","two\nlines",0.5,');
});
