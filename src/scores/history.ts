// history.csv and history.json: one row per epoch, written again after each, read again by --resume and for plots.
// Text only; the caller reads and writes the files.

import { z } from 'zod';
import { FerlabError } from '../errors.js';

/** One row of history.csv and history.json. Accuracies from 0 to 1, losses in nats. */
export interface HistoryRow {
  /** From 1. */
  epoch: number;
  /** Of the epoch's last step. */
  learning_rate: number;
  loss: number;
  accuracy: number;
  val_loss: number;
  val_accuracy: number;
  /** Wall clock of the epoch, training and validation. */
  seconds: number;
  /** Training images per second of training time (validation not counted). */
  images_per_second: number;
  /** Share of training time spent waiting for the data pipeline, 0 to 1. */
  data_wait: number;
}

/** JSON has no NaN or infinity; both are written as null and read as NaN. */
const number = z.union([z.number(), z.null().transform(() => Number.NaN)]);

const rowSchema = z.object({
  epoch: z.number().int().positive(),
  learning_rate: number,
  loss: number,
  accuracy: number,
  val_loss: number,
  val_accuracy: number,
  seconds: number,
  images_per_second: number,
  data_wait: number,
}) satisfies z.ZodType<HistoryRow, unknown>;

const columns = Object.keys(rowSchema.shape) as (keyof HistoryRow)[];

/** Comma-separated (RFC 4180, with line feeds), a header first; numbers at full precision. */
export function historyToCsv(rows: readonly HistoryRow[]): string {
  const lines = rows.map((row) => columns.map((column) => String(row[column])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** A JSON array of rows, one row per line. */
export function historyToJson(rows: readonly HistoryRow[]): string {
  const lines = rows.map((row) => `  ${JSON.stringify(row, columns)}`);
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/**
 * Reads what `historyToJson` wrote.
 *
 * @param where the file, for messages.
 * @throws FerlabError of kind `io` where it isn't JSON, a row lacks a field, or epochs don't rise.
 */
export function readHistory(json: string, where = 'history.json'): HistoryRow[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw damaged(where, `expected JSON, ${(error as Error).message}`, error);
  }
  const result = z.array(rowSchema).safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw damaged(where, `at ${issue.path.join('.') || 'the top'}: ${issue.message}`, result.error);
  }
  for (const [i, row] of result.data.entries()) {
    const before = result.data[i - 1];
    if (before !== undefined && row.epoch <= before.epoch) {
      throw damaged(where, `epochs must rise, but ${row.epoch} follows ${before.epoch}`, undefined);
    }
  }
  return result.data;
}

function damaged(where: string, what: string, cause: unknown): FerlabError {
  return new FerlabError(
    'io',
    `${where}: not the history of a training run (${what}). ` +
      'The file is damaged or was edited: restore it from a copy, or train anew in another run folder.',
    { cause },
  );
}
