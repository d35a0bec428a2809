// What a dataset is made of: the types that readers, stores and batch makers share.

import type { SampleSource } from '../../decode/sample-source.js';

/** One labelled image. */
export interface Sample {
  /** Path relative to the dataset's folder, with forward slashes; for CSV rows `fer2013.csv:123` (line number). */
  file: string;
  /** Index into the dataset's `classes`. */
  label: number;
  source: SampleSource;
}

/** What a split is for, whatever it's called. */
export type SplitRole = 'train' | 'validation' | 'test';

/**
 * The samples of one split, ordered by class and then as Keras orders files: by folder and file name, in code units.
 * Rows of a CSV file are ordered by class and then by line.
 */
export interface Split {
  /** As found on disk: `train`, `validation`, `valid`, `PublicTest`, ... */
  name: string;
  samples: Sample[];
}

/** A class-labelled set of images, read but not yet decoded. */
export interface Dataset {
  /** Absolute path that was given. */
  path: string;
  /** Sorted class names; the index of a name is its label. */
  classes: string[];
  train: Split;
  validation: Split;
  /** Further splits that were found beside those two (for example `test`), for `--split`. */
  others: Split[];
  /** Files and folders passed over while reading, with the reason. */
  skipped: PassedOver[];
  /** Images passed over in the two splits: formats that aren't read, damaged rows. They count as images that can't be used. */
  lost: BadFile[];
  /** What a file of corrections changed, a line for people; absent without one. */
  corrections?: string;
}

/** A file that can't be used. */
export interface BadFile {
  file: string;
  /** For people, one line: "expected ..., found ...". */
  reason: string;
}

/** What is passed over while a dataset is read. */
export interface PassedOver extends BadFile {
  /** What it means: an image that is lost, a folder of images that isn't read, or nothing (a README, a link twice). */
  kind: 'image' | 'folder' | 'other';
}
