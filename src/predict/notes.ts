// Notes of a model file: what has to be known when its scores are compared. They are data, and worded here alone.

import { checkArgument, type OptionRule } from '../check-options.js';

export interface ModelNote {
  /** The model that the note is about, by its name; null for the model itself. */
  readonly of: string | null;
  /** One sentence or several. */
  readonly text: string;
}

const noteRule: OptionRule = {
  expected: 'a note of a model file, with of and text',
  accepts: (value) => {
    const { of, text } = (value ?? {}) as Partial<ModelNote>;
    return typeof text === 'string' && (of === null || typeof of === 'string');
  },
};

/** The note as people read it. @throws FerlabError `usage` for what is none. */
export function describeNote(note: ModelNote): string {
  checkArgument('describeNote', note, noteRule);
  const { of, text } = note;
  return of === null ? text : `Of ${of}: ${text}`;
}
