// Where an image to decode lies.

/** Where the pixels of one sample come from. */
export type SampleSource =
  /** An image file; `path` is absolute. */
  | { kind: 'file'; path: string }
  /**
   * A row of a CSV file in the form of fer2013.csv: `length` bytes from `start`. Its field number `column` (from 0)
   * holds `width * height` grey values, row by row, with spaces between.
   */
  | {
      kind: 'row';
      path: string;
      start: number;
      length: number;
      column: number;
      width: number;
      height: number;
    }
  /** Grey values in memory, row by row. */
  | { kind: 'pixels'; pixels: Uint8Array; width: number; height: number };
