// What a run folder holds of a run: its configuration, how far it is, and its history; read to continue the run or to
// look at it.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { FerlabError } from '../../errors.js';
import { ioError, writeFileAtomically } from '../../files/atomic.js';
import { type HistoryRow, readHistory } from '../../scores/history.js';
import { programVersion } from '../../version.js';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import { holdsRun, runFiles } from './run-folder.js';

/** How a task reads its configuration back. */
export interface ConfigFormat<Config> {
  /** What runs of this configuration train: `classify`. */
  readonly task: string;
  /** @throws FerlabError `model` where `value`, which stands in `file`, is none of this version. */
  parse(value: unknown, file: string): Config;
  /** The configuration with every path in it changed. */
  withPaths(config: Config, change: (path: string) => string): Config;
}

/** What config.json holds. */
export interface StoredConfig<Config> {
  config: Config;
  /** The command line that began the run. */
  command: string;
  /** SHA-256 of all that decides the weights beside the configuration, by name; absent before the data is read. */
  fingerprints?: Readonly<Record<string, string>> | undefined;
  /** The epoch that the run had ended after for want of improvement when it was given more; see createMonitor. */
  patientSince?: number | undefined;
  /** Whether the run has come to its end, with its model and its report written. */
  finished?: boolean | undefined;
}

/** A run that was begun. */
export interface StoredRun<Config> extends StoredConfig<Config> {
  /** Its folder. */
  path: string;
  /** Null where no epoch was finished. */
  checkpoint: Checkpoint | null;
  /** The rows of the checkpoint's epochs. */
  history: HistoryRow[];
}

/** Writes config.json, again where something in it has changed. Paths become relative to the folder. */
export async function storeConfig<Config>(
  path: string,
  format: ConfigFormat<Config>,
  { config, command, fingerprints, patientSince, finished }: StoredConfig<Config>,
): Promise<void> {
  const toFolder = (given: string): string => relative(resolve(path), resolve(given));
  const json = JSON.stringify(
    {
      version: programVersion,
      task: format.task,
      command,
      patientSince,
      finished,
      fingerprints,
      config: format.withPaths(config, toFolder),
    },
    null,
    2,
  );
  await writeFileAtomically(join(path, runFiles.config), `${json}\n`);
}

const envelopeSchema = z.object({
  /** Missing in runs of earlier versions, all of which classify. */
  task: z.string().default('classify'),
  config: z.unknown(),
  command: z.string(),
  fingerprints: z.record(z.string(), z.string()).optional(),
  patientSince: z.number().int().optional(),
  finished: z.boolean().optional(),
});

function noRun(path: string): FerlabError {
  return new FerlabError(
    'model',
    `${path}: expected the folder of a run (with ${runFiles.config}), found none. Give the folder that training printed.`,
  );
}

/** What is trained in the folder of a run: `classify`. Throws FerlabError `model` where it is none. */
export async function storedTask(path: string): Promise<string> {
  if (!holdsRun(path)) throw noRun(path);
  const file = join(path, runFiles.config);
  return readEnvelope(await readText(file), file).task;
}

/**
 * Reads a run folder.
 *
 * @throws FerlabError `model` where it isn't one, or where its files don't belong together.
 */
export async function readRun<Config>(
  path: string,
  format: ConfigFormat<Config>,
): Promise<StoredRun<Config>> {
  const file = join(path, runFiles.config);
  if (!holdsRun(path)) throw noRun(path);
  const { task, config: stored, ...rest } = readEnvelope(await readText(file), file);
  if (task !== format.task) {
    throw new FerlabError(
      'model',
      `${file}: expected a run of the task ${format.task}, found one of the task ${task}. Use the command that began it.`,
    );
  }
  const fromFolder = (given: string): string => relative(process.cwd(), resolve(path, given)) || '.';
  const config = format.withPaths(format.parse(stored, file), fromFolder);
  const checkpointPath = join(path, runFiles.checkpoint);
  const checkpoint = existsSync(checkpointPath) ? await readCheckpoint(checkpointPath) : null;
  const epoch = checkpoint?.progress.epoch ?? 0;
  const historyFile = join(path, runFiles.history);
  const rows =
    epoch > 0 && existsSync(historyFile) ? readHistory(await readText(historyFile), historyFile) : [];
  const history = rows.filter((row) => row.epoch <= epoch);
  if (history.length !== epoch) {
    throw new FerlabError(
      'model',
      `${historyFile}: expected the ${epoch} epochs of the checkpoint, found ${history.length}. Start the training anew.`,
    );
  }
  return { path, config, ...rest, checkpoint, history };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw ioError(`Could not read ${file}`, 'reading', error, '');
  }
}

function readEnvelope(text: string, file: string): z.output<typeof envelopeSchema> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new FerlabError(
      'model',
      `${file}: expected JSON, found ${(error as Error).message}. Start the training anew.`,
      { cause: error },
    );
  }
  const envelope = envelopeSchema.safeParse(content);
  if (envelope.success) return envelope.data;
  throw new FerlabError(
    'model',
    `${file}: expected the configuration of a run, found something else. Start the training anew.`,
  );
}
