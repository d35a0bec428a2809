// history.csv and history.json: one row per epoch, written again after each, read again by --resume and for plots.
// Text only; the caller reads and writes the files. Names in TypeScript are camelCase, in the files Keras's.

import { z } from 'zod';
import { FerlabError } from '../errors.js';

/** One epoch of a run. */
export interface HistoryRow {
  /** From 1. */
  epoch: number;
  /** Of the epoch's last step. */
  learningRate: number;
  /**
   * What the task measured, by name. For classification: `loss` and `accuracy` of training, `valLoss` and `valAccuracy`;
   * accuracies from 0 to 1, losses in nats.
   */
  measures: Readonly<Record<string, number>>;
  /** Wall clock of the epoch, training and validation. */
  seconds: number;
  /** Training images per second of training time (validation not counted). */
  imagesPerSecond: number;
  /** Share of training time spent waiting for the data pipeline, 0 to 1. */
  dataWait: number;
}

/** The name in history files: `valAccuracy` is `val_accuracy`. */
export const kerasName = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The name in TypeScript of one in a history file: `val_accuracy` is `valAccuracy`. */
export const measureName = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function renamed<T>(
  record: Readonly<Record<string, T>>,
  rename: (name: string) => string,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]));
}

/** Measures by the names of history files. */
export const kerasMeasures = (measures: HistoryRow['measures']): Record<string, number> =>
  renamed(measures, kerasName);

/** A row as it stands in the files. */
export function historyRecord(row: HistoryRow): Record<string, number> {
  const { epoch, learningRate, measures, seconds, imagesPerSecond, dataWait } = row;
  return renamed({ epoch, learningRate, ...measures, seconds, imagesPerSecond, dataWait }, kerasName);
}

/** JSON has no NaN or infinity; both are written as null and read as NaN. */
const number = z.union([z.number(), z.null().transform(() => Number.NaN)]);

const recordSchema = z
  .object({
    epoch: z.number().int().positive(),
    learning_rate: number,
    seconds: number,
    images_per_second: number,
    data_wait: number,
  })
  .catchall(number);

function fromRecord(record: z.output<typeof recordSchema>): HistoryRow {
  const { epoch, learning_rate, seconds, images_per_second, data_wait, ...measures } = record;
  return {
    epoch,
    learningRate: learning_rate,
    measures: renamed(measures, measureName),
    seconds,
    imagesPerSecond: images_per_second,
    dataWait: data_wait,
  };
}

/** Comma-separated (RFC 4180, with line feeds), a header first; numbers at full precision. Nothing without rows. */
export function historyToCsv(rows: readonly HistoryRow[]): string {
  if (rows.length === 0) return '';
  const records = rows.map(historyRecord);
  const columns = Object.keys(records[0]!);
  const lines = records.map((record) => columns.map((column) => String(record[column])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** A JSON array of rows, one row per line. */
export function historyToJson(rows: readonly HistoryRow[]): string {
  const lines = rows.map((row) => `  ${JSON.stringify(historyRecord(row))}`);
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/**
 * Reads what `historyToJson` wrote.
 *
 * @param source the file, for messages.
 * @throws FerlabError of kind `io` where it isn't JSON, a row lacks a field, or epochs don't rise.
 */
export function readHistory(json: string, source = 'history.json'): HistoryRow[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw damaged(source, `expected JSON, ${(error as Error).message}`, error);
  }
  const result = z.array(recordSchema).safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw damaged(source, `at ${issue.path.join('.') || 'the top'}: ${issue.message}`, result.error);
  }
  for (const [i, row] of result.data.entries()) {
    const before = result.data[i - 1];
    if (before !== undefined && row.epoch <= before.epoch) {
      throw damaged(source, `epochs must rise, but ${row.epoch} follows ${before.epoch}`, undefined);
    }
  }
  return result.data.map(fromRecord);
}

function damaged(source: string, what: string, cause: unknown): FerlabError {
  return new FerlabError(
    'io',
    `${source}: not the history of a training run (${what}). ` +
      'The file is damaged or was edited: restore it from a copy, or train anew in another run folder.',
    { cause },
  );
}
