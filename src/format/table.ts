// Aligned tables, for the terminal and for Markdown.

export interface Column {
  header: string;
  /** Numbers go to the right; left unless told. */
  align?: 'left' | 'right';
}

/** An aligned table with a rule under its header, for a terminal; no line ends in spaces. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = pad(columns, [columns.map(({ header }) => header), ...rows.map((row) => row.map(oneLine))]);
  const rule = columns.map((_, c) => '-'.repeat(displayWidth(lines[0]![c]!)));
  return [lines[0]!, rule, ...lines.slice(1)].map((cells) => cells.join('  ').trimEnd()).join('\n');
}

/** A GitHub-flavoured Markdown table, aligned in its source too. Cells may hold inline Markdown. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const safe = (cell: string) => oneLine(cell).replaceAll('|', '\\|');
  const lines = pad(
    columns,
    [columns.map(({ header }) => safe(header)), ...rows.map((row) => row.map(safe))],
    3,
  );
  const rule = columns.map(({ align }, c) => {
    const dashes = '-'.repeat(displayWidth(lines[0]![c]!) - 1);
    return align === 'right' ? `${dashes}:` : `${dashes}-`;
  });
  return [lines[0]!, rule, ...lines.slice(1)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Cells made equally wide in each column. */
function pad(columns: readonly Column[], lines: readonly (readonly string[])[], least = 0): string[][] {
  const widths = columns.map((_, c) => Math.max(least, ...lines.map((line) => displayWidth(line[c] ?? ''))));
  return lines.map((line) =>
    columns.map(({ align }, c) => {
      const cell = line[c] ?? '';
      const space = ' '.repeat(widths[c]! - displayWidth(cell));
      return align === 'right' ? space + cell : cell + space;
    }),
  );
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) continue;
    const wide =
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
    width += wide.test(character) || /\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
  }
  return width;
}
