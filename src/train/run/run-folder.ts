// The folder of a run: its files, and their order of writing. After every epoch the best model comes first, then the
// history, then the checkpoint, each atomically; whatever the moment of a crash, the checkpoint's epoch is complete
// and repeating what came after it writes the same files again.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { FerlabError } from '../../errors.js';
import { createFolder, writeFileAtomically } from '../../files/atomic.js';
import type { HistoryRow } from '../../scores/history.js';
import { historyToCsv, historyToJson, readHistory } from '../../scores/history.js';
import { programVersion } from '../../version.js';
import { checkTrainConfig, parseTrainConfig, type TrainConfig } from '../config/config.js';
import { createMonitor } from '../loop/monitor.js';
import { withModelPath } from '../supervision/given-model.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';

export interface RunFolder {
  readonly path: string;
  readonly bestModel: string;
  readonly lastModel: string;
  writeHistory(rows: readonly HistoryRow[]): Promise<void>;
  writeCheckpoint(checkpoint: Checkpoint): Promise<void>;
}

const configFile = 'config.json';
const checkpointFile = 'last.safetensors';

function runFolder(path: string): RunFolder {
  return {
    path,
    bestModel: join(path, 'best.onnx'),
    lastModel: join(path, 'last.onnx'),
    async writeHistory(rows) {
      await writeFileAtomically(join(path, 'history.json'), historyToJson(rows));
      await writeFileAtomically(join(path, 'history.csv'), historyToCsv(rows));
    },
    writeCheckpoint: (checkpoint) => writeCheckpoint(join(path, checkpointFile), checkpoint),
  };
}

/** What config.json holds. */
interface StoredConfig {
  config: TrainConfig;
  /** The command line that began the run. */
  command: string;
  /** The epoch that the run had ended after for want of improvement when it was given more; see createMonitor. */
  patientSince?: number | undefined;
}

/**
 * Refuses a folder that a new run can't have.
 *
 * @throws FerlabError `io` where it exists and isn't empty, or is a file.
 */
export async function checkRunFolder(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const entries = await readdir(path).catch(() => null);
  if (entries?.length === 0) return;
  const found = entries === null ? 'a file' : `${entries.length} files`;
  const remedy = entries?.includes(configFile)
    ? `Continue that run with "ferlab train --resume ${path}", or choose another folder with --out.`
    : 'Choose another folder with --out.';
  throw new FerlabError(
    'io',
    `${path}: expected a new or empty folder for the run, found ${found}. ${remedy}`,
  );
}

/** Creates the folder of a new run and writes its configuration. Throws FerlabError `io` as checkRunFolder does. */
export async function createRunFolder(path: string, stored: StoredConfig): Promise<RunFolder> {
  await checkRunFolder(path);
  await createFolder(path);
  await storeConfig(path, stored);
  return runFolder(path);
}

/** Writes a run's configuration, again where it has changed. */
export async function storeConfig(
  path: string,
  { config, command, patientSince }: StoredConfig,
): Promise<void> {
  const toFolder = (given: string): string => relative(resolve(path), resolve(given));
  const json = JSON.stringify(
    { version: programVersion, command, patientSince, config: withPaths(config, toFolder) },
    null,
    2,
  );
  await writeFileAtomically(join(path, configFile), `${json}\n`);
}

/**
 * A run with another number of epochs, from its last finished one on. The schedule of the learning rate is that of the
 * new number, as if it had always been; what is done is not done again. Where the run had ended for want of improvement,
 * waiting for it begins anew. `storeConfig` makes it last.
 *
 * @param command the command line that asks for it; it stands beside the one that began the run.
 * @throws FerlabError `usage` where more epochs are done already, or the configuration doesn't allow that number.
 */
export function withEpochs(opened: OpenedRun, epochs: number, command: string): OpenedRun {
  const { folder, config, checkpoint } = opened;
  if (epochs === config.train.epochs) return opened;
  const wanted = { ...config, train: { ...config.train, epochs } };
  const { issues } = checkTrainConfig(wanted);
  if (issues.length > 0) {
    const found = issues.map(({ path, message }) => `${path}: ${message}`).join('\n');
    throw new FerlabError('usage', `--epochs: ${found}`);
  }
  const done = checkpoint?.progress.epoch ?? 0;
  if (epochs < done) {
    throw new FerlabError(
      'usage',
      `--epochs: expected at least the ${done} epochs that ${folder.path} has done, got ${epochs}.`,
    );
  }
  const { patientSince } = opened;
  const wasOver = createMonitor(config.train, patientSince).isOver(checkpoint?.progress.best ?? null, done);
  return {
    ...opened,
    config: wanted,
    command: `${opened.command}\n${command} # after epoch ${done}`,
    patientSince: wasOver ? done : patientSince,
  };
}

/** The configuration with the paths that it reads changed. In config.json they are relative to the run folder. */
function withPaths(config: TrainConfig, change: (path: string) => string): TrainConfig {
  const changed = (path: string | null): string | null => (path === null ? null : change(path));
  const { path, train, validation } = config.data;
  return {
    ...config,
    data: { ...config.data, path: changed(path), train: changed(train), validation: changed(validation) },
    softLabels: { ...config.softLabels, file: changed(config.softLabels.file) },
    start: { from: config.start.from === null ? null : withModelPath(config.start.from, change) },
    distillation: {
      ...config.distillation,
      teachers: config.distillation.teachers.map((given) => withModelPath(given, change)),
    },
  };
}

/** Whether a run was begun in this folder. */
export function holdsRun(path: string): boolean {
  return existsSync(join(path, configFile));
}

/** A run that was begun earlier. */
export interface OpenedRun extends StoredConfig {
  folder: RunFolder;
  /** Null where no epoch was finished. */
  checkpoint: Checkpoint | null;
  /** The rows of the checkpoint's epochs. */
  history: HistoryRow[];
}

/**
 * Opens the folder of a run to continue it.
 *
 * @throws FerlabError `model` where it isn't one, or where its files don't belong together.
 */
export async function openRunFolder(path: string): Promise<OpenedRun> {
  const file = join(path, configFile);
  if (!existsSync(file)) {
    throw new FerlabError(
      'model',
      `${path}: expected the folder of a run (with ${configFile}), found none. Give the folder that training printed.`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new FerlabError(
      'model',
      `${file}: expected JSON, found ${(error as Error).message}. Start the training anew.`,
      { cause: error },
    );
  }
  const envelope = z
    .object({ config: z.unknown(), command: z.string(), patientSince: z.number().int().optional() })
    .safeParse(content);
  if (!envelope.success) {
    throw new FerlabError(
      'model',
      `${file}: expected the configuration of a run, found something else. Start the training anew.`,
    );
  }
  const fromFolder = (stored: string): string => relative(process.cwd(), resolve(path, stored)) || '.';
  const stored = parseTrainConfig(envelope.data.config, file);
  const config = withPaths({ ...stored, run: { ...stored.run, out: path } }, fromFolder);
  const checkpointPath = join(path, checkpointFile);
  const checkpoint = existsSync(checkpointPath) ? await readCheckpoint(checkpointPath) : null;
  const epoch = checkpoint?.progress.epoch ?? 0;
  const historyFile = join(path, 'history.json');
  const rows =
    epoch > 0 && existsSync(historyFile) ? readHistory(await readFile(historyFile, 'utf8'), historyFile) : [];
  const history = rows.filter((row) => row.epoch <= epoch);
  if (history.length !== epoch) {
    throw new FerlabError(
      'model',
      `${historyFile}: expected the ${epoch} epochs of the checkpoint, found ${history.length}. Start the training anew.`,
    );
  }
  const { command, patientSince } = envelope.data;
  return { folder: runFolder(path), config, command, patientSince, checkpoint, history };
}
