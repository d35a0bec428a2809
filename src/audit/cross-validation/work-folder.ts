// The folder in which cross-validation keeps its models, so that one that was interrupted goes on: a run folder per fold,
// and plan.json, which records the images and settings that they are for.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FerlabError } from '../../errors.js';
import { createFolder, writeFileAtomically } from '../../files/atomic.js';
import { contentOf } from '../../files/claim-folder.js';
import { parseTrainConfig, settingAt, settingPaths } from '../../train/config/config.js';
import { forThisMachine, type RunConfig } from '../../train/loop/run-config.js';

const planFile = 'plan.json';
const planSchema = z.object({
  format: z.literal(1),
  folds: z.number().int().positive(),
  fingerprint: z.string(),
  config: z.unknown(),
});

/** What the folds of a folder are made from. */
export interface Plan {
  folds: number;
  /** Of all images. */
  fingerprint: string;
  config: RunConfig;
}

/** Settings of the machine or of places on it: folds may be continued with others. */
const elsewhere = new Set(['data.path', 'data.workers', 'data.memoryBudget', 'out']);

function differences(stored: Plan, wanted: Plan, ignored: ReadonlySet<string>): string[] {
  const difference = (name: string, before: unknown, now: unknown) =>
    JSON.stringify(before) === JSON.stringify(now)
      ? []
      : [`${name} ${JSON.stringify(before)} (now ${JSON.stringify(now)})`];
  const paths = new Set([...settingPaths(stored.config), ...settingPaths(wanted.config)]);
  return [
    ...(stored.fingerprint === wanted.fingerprint ? [] : ['other images or labels']),
    ...difference('folds', stored.folds, wanted.folds),
    ...[...paths]
      .filter((path) => !ignored.has(path))
      .flatMap((path) => difference(path, settingAt(stored.config, path), settingAt(wanted.config, path))),
  ];
}

async function readPlan(path: string): Promise<Plan> {
  const file = join(path, planFile);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    content = error;
  }
  const parsed = planSchema.safeParse(content);
  if (!parsed.success) {
    throw new FerlabError(
      'model',
      `${file}: expected the plan of a cross-validation of this version, found something else. Choose another folder.`,
    );
  }
  const { folds, fingerprint, config } = parsed.data;
  return { folds, fingerprint, config: forThisMachine(parseTrainConfig(config, file)) };
}

/** The run folder of a fold, from 0. */
export function foldFolder(path: string, fold: number): string {
  return join(path, `fold-${fold + 1}`);
}

/**
 * Looks whether a folder can take the folds of `wanted`, and changes nothing. Without a fingerprint the images of an
 * earlier cross-validation aren't compared.
 *
 * @param options.anyThreads the number of the engine's threads, of which the order of sums depends, may differ.
 * @returns the plan of the folds that are there; null for a new or empty folder.
 * @throws FerlabError `usage` where the folder's folds are for something else, `io` where it holds other files.
 */
export async function checkWorkFolder(
  path: string,
  wanted: Omit<Plan, 'fingerprint'> & Partial<Pick<Plan, 'fingerprint'>>,
  { anyThreads }: { anyThreads: boolean },
): Promise<Plan | null> {
  if (existsSync(join(path, planFile))) {
    const stored = await readPlan(path);
    const found = differences(
      stored,
      { fingerprint: stored.fingerprint, ...wanted },
      anyThreads ? new Set([...elsewhere, 'train.threads']) : elsewhere,
    );
    if (found.length === 0) return stored;
    throw new FerlabError(
      'usage',
      `${path}: expected the folds of this cross-validation, found those of another: ${found.join(', ')}. ` +
        'Repeat its settings, or choose another folder.',
    );
  }
  const entries = (await contentOf(path)) ?? [];
  if (entries.length === 0) return null;
  throw new FerlabError(
    'io',
    `${path}: expected a new or empty folder, or that of an earlier cross-validation; found ${entries.length} other ` +
      'files. Choose another folder.',
  );
}

/**
 * Prepares the folder for the folds of `wanted`, or opens it again; refuses what `checkWorkFolder` does.
 *
 * @param options.anyThreads as there: the stored number counts.
 * @returns the configuration to train every fold with.
 */
export async function openWorkFolder(
  path: string,
  wanted: Plan,
  options: { anyThreads: boolean },
): Promise<RunConfig> {
  const stored = await checkWorkFolder(path, wanted, options);
  if (stored) {
    const { threads } = stored.config.train;
    return { ...wanted.config, train: { ...wanted.config.train, threads } };
  }
  await createFolder(path);
  const { data, ...rest } = wanted.config;
  // No path of this machine: the fingerprint identifies the dataset.
  const config = { ...rest, data: { ...data, path: '.' }, out: null };
  const plan = { format: 1, folds: wanted.folds, fingerprint: wanted.fingerprint, config };
  await writeFileAtomically(join(path, planFile), `${JSON.stringify(plan, null, 2)}\n`);
  return wanted.config;
}
