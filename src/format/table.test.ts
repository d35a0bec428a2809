import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { markdownTable, textColumns, textTable } from './table.js';

const columns = [{ header: 'Class' }, { header: 'Images', align: 'right' as const }];

describe('textTable', () => {
  it('aligns names to the left and numbers to the right', () => {
    expect(
      textTable(columns, [
        ['happy', '895'],
        ['sad', '5'],
      ]),
    ).toBe(['Class  Images', '-----  ------', 'happy     895', 'sad         5'].join('\n'));
  });

  it('keeps columns in line for wide characters, and rows on one line', () => {
    const lines = textTable(columns, [
      ['高兴', '1'],
      ['two\nlines', '22'],
    ]).split('\n');
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1);
  });
});

describe('markdownTable', () => {
  it('marks alignment and escapes bars', () => {
    expect(markdownTable(columns, [['a|b', '12']])).toBe(
      ['| Class | Images |', '| ----- | -----: |', '| a\\|b  |     12 |'].join('\n'),
    );
  });

  it('has as many cells in each line as columns, whatever they contain', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string()), { maxLength: 5 }),
        (rows) => {
          const lines = markdownTable(columns, rows).split('\n');
          expect(lines).toHaveLength(rows.length + 2);
          for (const line of lines) expect(line.match(/(?<!\\)\|/g)!.length).toBe(3);
        },
      ),
    );
  });
});

describe('textColumns', () => {
  it('aligns rows without a header', () => {
    const rows = [
      ['  a.png', 'sad', '9.1%'],
      ['  快乐.png', 'happy', '95.0%'],
    ];
    expect(textColumns(rows, [{}, {}, { align: 'right' }])).toBe(
      '  a.png     sad     9.1%\n  快乐.png  happy  95.0%',
    );
  });
});
