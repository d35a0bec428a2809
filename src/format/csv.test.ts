import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csv } from './csv.js';

it('csv quotes where RFC 4180 asks for it', () => {
  expect(csv([['a,b', 'say "x"', 'two\nlines', 0.5, '']])).toBe('"a,b","say ""x""","two\nlines",0.5,\n');
});

it('csv is read back as it was', () => {
  const field = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', ',', '\r', '\r\n', ' x ', '', 'é'),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { minLength: 1 }), (table) => {
      expect(parse(csv(table), { record_delimiter: '\n' })).toEqual(table);
    }),
  );
});
