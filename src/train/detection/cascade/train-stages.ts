// Trains the three stages of a cascade one after the other, each on what the ones before take for faces (Zhang, Zhang, Li and
// Qiao 2016), in one run folder. Each stage is a run of its own in it; whatever the moment of a crash, the run goes on.

import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FerlabError } from '../../../errors.js';
import { openProposer } from '../../../faces/cascade.js';
import { sha256 } from '../../../files/sha256.js';
import { cropSides } from '../../../models/cascade.js';
import { Random } from '../../../random/random.js';
import type { TrainEvent, TrainHooks, TrainResult } from '../../loop/events.js';
import { holdsRun } from '../../run/run-folder.js';
import { readRun } from '../../run/stored-run.js';
import { trainOnData } from '../../run/train-run.js';
import type { DetectionData } from '../single-stage/data.js';
import { type CropChoice, makeCrops } from './make-crops.js';
import { type MinedParts, mine, readMined, writeMined } from './mine.js';
import { thresholdOf, withThreshold } from './model-file.js';
import { findProposals, lowestThreshold, type Trained } from './proposals.js';
import { recallCurve, thresholdFor } from './recall.js';
import { writeRecall } from './recall-file.js';
import type { CropKind } from './sample-crops.js';
import { type StageData, stageFormat, stageRuns } from './stage-kind.js';
import {
  type CascadeSettings,
  type StageName,
  stageConfig,
  stageNames,
  stagePlans,
  stageTitles,
} from './stages.js';

/** Thresholds at which the report says what a stage keeps. */
const reportedThresholds = Array.from({ length: 50 }, (_, i) => Math.max(lowestThreshold, i / 50));
/** How much lower than in use thresholds are while the next stage's crops are mined. */
const whileMining = 0.5;

export interface CascadeTraining {
  settings: CascadeSettings;
  photographs: Pick<DetectionData, 'training' | 'validation'>;
  /** The run folder, which nobody else trains in. */
  folder: string;
  command: string;
  hooks: TrainHooks;
}

/** The stages' files; null where it was interrupted. */
export async function trainStages(training: CascadeTraining): Promise<Record<StageName, Uint8Array> | null> {
  const models: Trained = {};
  for (const stage of stageNames) {
    const model = await trainStage(training, stage, models);
    if (model === null) return null;
    models[stage] = model;
  }
  return models as Record<StageName, Uint8Array>;
}

async function trainStage(
  training: CascadeTraining,
  stage: StageName,
  before: Trained,
): Promise<Uint8Array | null> {
  const { folder, hooks } = training;
  const path = join(folder, stage);
  const model = join(path, 'best.onnx');
  const say = (message: string) => hooks.onProgress?.({ type: 'log', message });
  if (holdsRun(path) && (await readRun(path, stageFormat)).finished === true) {
    await rm(minedFile(training, stage), { force: true });
    return readFile(model);
  }
  say(`${stageTitles[stage]}: cutting crops`);
  const data = await stageData(training, stage, before);
  if (data === null) return null;
  const { negative, part, positive, points } = data.training.places;
  say(
    `${stageTitles[stage]}: ${positive.length} crops of faces, ${part.length} of parts, ${negative.length} without, ${points.length} with points`,
  );
  if (negative.length === 0 || positive.length === 0) {
    throw new FerlabError(
      'data',
      `${stageTitles[stage]}: expected crops with and without faces, found ${positive.length} and ${negative.length}. ` +
        `Give pictures with labelled faces of ${training.settings.minFace} pixels and more, and some whose faces are all labelled.`,
    );
  }
  const result = await trainInFolder(training, stage, data, path);
  if (result === null || result.stopped === 'interrupted') return null;
  await rm(minedFile(training, stage), { force: true });
  const bytes = await readFile(model);
  say(`${stageTitles[stage]}: threshold ${thresholdOf(bytes)}`);
  return bytes;
}

/** Null where it was interrupted before its first epoch was done. */
async function trainInFolder(
  { settings, folder, hooks, command }: CascadeTraining,
  stage: StageName,
  data: StageData,
  path: string,
): Promise<TrainResult | null> {
  const onProgress = (event: TrainEvent): void => {
    // The run that people know, and resume, is the cascade's.
    if (event.type === 'start') hooks.onProgress?.({ ...event, runFolder: folder });
    else if (event.type !== 'done') hooks.onProgress?.(event);
  };
  try {
    return await trainOnData(stageRuns, data, stageConfig(stage, settings), path, {
      signal: hooks.signal,
      onProgress,
      command,
      report: false,
    });
  } catch (error) {
    if (error instanceof FerlabError && error.kind === 'interrupted') return null;
    throw error;
  }
}

const minedFile = ({ folder }: CascadeTraining, stage: StageName): string =>
  join(folder, `${stage}-mined.json`);

async function stageData(
  training: CascadeTraining,
  stage: StageName,
  before: Trained,
): Promise<StageData | null> {
  const { settings, photographs, folder, hooks } = training;
  const mined =
    before.pnet === undefined
      ? { training: null, validation: null }
      : await minedParts(training, stage, before);
  if (mined === null) return null;
  const choice = (part: 'training' | 'validation'): CropChoice => ({
    seed: settings.seed,
    label: `${stage} ${part}`,
    minFace: settings.minFace,
    size: cropSides[stage],
    most: mostOf(stage, part),
    mined: mined[part],
  });
  const crops = await makeCrops(photographs.training, choice('training'), hooks.signal);
  const validation = crops && (await makeCrops(photographs.validation, choice('validation'), hooks.signal));
  if (crops === null || validation === null) return null;
  return {
    training: crops,
    validation,
    async finish(bytes) {
      const models: Trained = { ...before, [stage]: bytes };
      const found = await findProposals(models, photographs.validation, settings, (done, total) =>
        hooks.onProgress?.({ type: 'validate', done, total }),
      );
      await writeRecall(join(folder, stage), recallCurve(found, reportedThresholds));
      return withThreshold(bytes, thresholdFor(found, stagePlans[stage].keep, lowestThreshold));
    },
    close: async () => {},
  };
}

/** Crops of each kind, at most: of photographs for validation a few thousand. */
const mostOf = (stage: StageName, part: 'training' | 'validation'): Record<CropKind, number> =>
  part === 'training'
    ? stagePlans[stage].mostCrops
    : { negative: 6000, part: 2000, positive: 3000, points: 2000 };

async function minedParts(
  training: CascadeTraining,
  stage: StageName,
  before: Trained,
): Promise<MinedParts | null> {
  const { settings, photographs, hooks } = training;
  const file = minedFile(training, stage);
  const hash = createHash('sha256').update(JSON.stringify([settings.minFace, settings.seed]));
  for (const part of ['training', 'validation'] as const) hash.update(photographs[part].fingerprint);
  for (const bytes of Object.values(before)) hash.update(sha256(bytes));
  const key = hash.digest('hex');
  const kept = await readMined(file, key);
  if (kept !== null) return kept;
  const { pnet, rnet } = before as { pnet: Uint8Array; rnet?: Uint8Array };
  const lowered = (bytes: Uint8Array): number => thresholdOf(bytes) * whileMining;
  const proposer = await openProposer(
    { pnet, ...(rnet && { rnet }) },
    { pnet: lowered(pnet), rnet: rnet ? lowered(rnet) : 1 },
    { threads: settings.threads },
  );
  try {
    const total = photographs.training.pictures.length + photographs.validation.pictures.length;
    const look = (part: 'training' | 'validation', done: number) =>
      mine(photographs[part], proposer, {
        minFace: settings.minFace,
        enough: mostOf(stage, part).negative,
        random: new Random(settings.seed, 'mine', stage, part),
        signal: hooks.signal,
        onProgress: (count) =>
          hooks.onProgress?.({ type: 'mine', stage: stageTitles[stage], done: done + count, total }),
      });
    const mined = await look('training', 0);
    const validation = mined && (await look('validation', mined.length));
    if (mined === null || validation === null) return null;
    const parts = { training: mined, validation };
    await writeMined(file, key, parts);
    return parts;
  } finally {
    await proposer.close();
  }
}
