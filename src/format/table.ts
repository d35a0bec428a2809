// Aligned tables, for the terminal and for Markdown.

import { markdownTable as alignedMarkdown } from 'markdown-table';
import stringWidth from 'string-width';

export interface Column {
  header: string;
  /** Numbers go to the right. Default: left. */
  align?: 'left' | 'right';
}

/** An aligned table with a rule under its header, for a terminal; no line ends in spaces. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const [header, ...lines] = aligned([columns.map((column) => column.header), ...rows], columns);
  const rule = header!.map((cell) => '-'.repeat(stringWidth(cell)));
  return [header!, rule, ...lines].map(joined).join('\n');
}

/** Rows in aligned columns, for a terminal; those that `columns` doesn't name stand at the left. */
export function textColumns(
  rows: readonly (readonly string[])[],
  columns: readonly Pick<Column, 'align'>[] = [],
): string {
  return aligned(rows, columns).map(joined).join('\n');
}

/** A GitHub-flavoured Markdown table, aligned in its source too. Cells may hold inline Markdown. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const safe = (cell: string) => oneLine(cell).replaceAll('|', '\\|');
  const lines = [columns.map(({ header }) => header), ...rows].map((row) => row.map(safe));
  const align = columns.map((column) => (column.align === 'right' ? 'right' : null));
  return alignedMarkdown(lines, { align, stringLength: stringWidth });
}

/** Cells made equally wide in each column. */
function aligned(
  rows: readonly (readonly string[])[],
  columns: readonly Pick<Column, 'align'>[],
): string[][] {
  const lines = rows.map((row) => row.map(oneLine));
  const count = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: count }, (_, c) =>
    Math.max(...lines.map((line) => stringWidth(line[c] ?? ''))),
  );
  return lines.map((line) =>
    widths.map((width, c) => {
      const cell = line[c] ?? '';
      const space = ' '.repeat(width - stringWidth(cell));
      return columns[c]?.align === 'right' ? space + cell : cell + space;
    }),
  );
}

const joined = (cells: readonly string[]) => cells.join('  ').trimEnd();

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
