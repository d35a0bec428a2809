// Notes of a model file: what has to be known when its scores are compared. They are data, and worded here alone.

export interface ModelNote {
  /** The model that the note is about, by its name; null for the model itself. */
  readonly of: string | null;
  /** One sentence or several. */
  readonly text: string;
}

/** The note as people read it. */
export const describeNote = ({ of, text }: ModelNote): string => (of === null ? text : `Of ${of}: ${text}`);
