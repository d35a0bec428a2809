// Names of files and classes come from strangers; printed as they are, control characters in them would clear a terminal,
// colour it or hide what follows. For text that people read; JSON and CSV hold names as they are.

/** Controls, separators of lines, and marks that turn the direction of writing. */
const hidden = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name on one line, with escapes (`\u001b`) for what a terminal would act on. */
export function visible(name: string): string {
  return name.replace(hidden, (character) =>
    character === '\n' ? '\\n' : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

/** The same for text of several lines, which stay. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
