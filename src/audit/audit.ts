// `ferlab audit` as a function: reads a dataset, looks for whatever makes scores on it dishonest, and writes what it found.

import { join } from 'node:path';
import {
  anyNumber,
  checkArgument,
  checkHooks,
  checkOptions,
  either,
  loadedModel,
  type OptionRules,
  path as pathRule,
  section,
  threadCount,
  wholeNumber,
} from '../check-options.js';
import { copyGroups } from '../copies/groups.js';
import type { AuditImages } from '../copies/images.js';
import {
  type AuditDataset,
  type OpenAuditOptions,
  openAuditImages,
  readAuditDataset,
} from '../copies/open.js';
import { FerlabError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { type ClaimedFolder, claimFolder } from '../files/claim-folder.js';
import { busyFolder } from '../files/lock.js';
import { loadModel } from '../predict-files/load-model.js';
import type { Hooks } from '../progress.js';
import { programVersion } from '../version.js';
import type { CrossValidationPlan } from './cross-validation/cross-validate.js';
import type { CrossValidationOptions } from './cross-validation/options.js';
import type { AuditEvent } from './events.js';
import { type Findings, findAll } from './find.js';
import { type JudgedLabels, judgeLabels } from './judge-labels.js';
import { toResult } from './result.js';
import { classPlaces, findSuspects, type LabellingModel } from './suspects.js';
import { auditMarkdown, suspectsToCsv } from './text.js';
import type { AuditResult } from './types.js';

/** How to audit a dataset. */
export interface AuditOptions extends Pick<OpenAuditOptions, 'workers' | 'memoryBudget'> {
  /** Folder for audit.json, audit.md, contact sheets and suspect-labels.csv; made where it's missing, files of these names replaced. */
  out?: string | undefined;
  /** A file of corrections: images of another class, or of none. */
  overlay?: string | undefined;
  /** A model that judges the labels: a file, `box` for the model that comes with ferlab, or a loaded model, which stays open. */
  model?: string | LabellingModel | undefined;
  /** Threads of the engine for a model file. Default: the engine's choice. */
  threads?: number | undefined;
  /** Judges labels by models that are trained without the images that they judge; instead of `model`. Takes long. */
  crossValidation?: CrossValidationOptions | undefined;
}

const auditRules: OptionRules<AuditOptions> = {
  out: pathRule,
  overlay: pathRule,
  model: either(pathRule, loadedModel),
  threads: threadCount,
  crossValidation: section,
  workers: wholeNumber(0, 1024),
  memoryBudget: anyNumber,
};

/** Who judges the labels. */
interface Judge {
  model: LabellingModel | null;
  /** Loaded only where it is asked for: an audit without it needs no training code. */
  crossValidation: {
    plan: CrossValidationPlan;
    module: typeof import('./cross-validation/cross-validate.js');
  } | null;
}

/**
 * Audits a dataset: exact and near duplicates within and across splits, conflicting labels, blank images, images unlike
 * the others, class balance, known layouts; with a model or with cross-validation, suspect labels. Nothing of the
 * dataset is changed.
 *
 * `await audit('faces', { crossValidation: { folds: 5, work: 'folds' } })` ranks the labels of all splits by confident
 * learning (Northcutt, Jiang and Chuang 2021); an interrupted call with the same `work` goes on where it stopped.
 *
 * @param path a dataset as for training, or one folder of class folders, or a CSV file.
 * @throws FerlabError `data` where there is nothing to audit, the model has other classes, or a class has too few
 *   images for cross-validation; `usage` for options that are out of range or contradict each other; `model`, `io`,
 *   `interrupted`, `diverged`. Options, classes and folders are checked before any image is decoded.
 */
export async function audit(
  path: string,
  options: AuditOptions = {},
  hooks: Hooks<AuditEvent> = {},
): Promise<AuditResult> {
  checkArgument('audit: path', path, pathRule);
  checkOptions('audit', options, auditRules);
  checkHooks('audit', hooks);
  const { model, crossValidation: asked } = options;
  if (asked !== undefined && model !== undefined) {
    throw new FerlabError('usage', 'audit: expected a model or cross-validation, got both. Leave one out.');
  }
  let crossValidation: Judge['crossValidation'] = null;
  if (asked !== undefined) {
    const module = await import('./cross-validation/cross-validate.js');
    crossValidation = { plan: module.planCrossValidation(path, asked, options), module };
  }
  if (typeof model !== 'string')
    return auditDataset(path, { model: model ?? null, crossValidation }, options, hooks);
  const loaded = await loadModel(model, { threads: options.threads });
  try {
    return await auditDataset(path, { model: loaded, crossValidation }, options, hooks);
  } finally {
    await loaded.close();
  }
}

async function auditDataset(
  path: string,
  judge: Judge,
  options: AuditOptions,
  hooks: Hooks<AuditEvent>,
): Promise<AuditResult> {
  const started = performance.now();
  const dataset = await readAuditDataset(path, options.overlay);
  const { model, crossValidation } = judge;
  // Whatever would fail after the work, which may take hours, fails before it.
  if (model) classPlaces(dataset.classes, model);
  const claimed: ClaimedFolder[] = [];
  try {
    const work = await crossValidation?.module.claimWork(crossValidation.plan);
    if (work) claimed.push(work);
    const { out } = options;
    if (out !== undefined) claimed.push(await claimFolder(out, busyFolder(out, 'writing')));
    const result = await auditImages(dataset, judge, options, hooks, started);
    for (const folder of claimed) await folder.release();
    return result;
  } catch (error) {
    for (const folder of claimed.reverse()) await folder.undo();
    throw error;
  }
}

async function auditImages(
  dataset: AuditDataset,
  judge: Judge,
  { out, model: given, workers, memoryBudget }: AuditOptions,
  hooks: Hooks<AuditEvent>,
  started: number,
): Promise<AuditResult> {
  const { images, unusable, close } = await openAuditImages(dataset, { workers, memoryBudget }, hooks);
  try {
    const { model, crossValidation } = judge;
    await crossValidation?.module.checkImages(crossValidation.plan, images);
    const findings = await findAll(images, hooks);
    const labels = await judgeAll(images, findings, judge, hooks);
    const result = toResult(findings, labels, {
      dataset,
      images,
      unusable,
      model: model ? (typeof given === 'string' ? given : 'a model') : null,
      version: programVersion,
      seconds: (performance.now() - started) / 1000,
    });
    if (out !== undefined) await writeAudit(out, result, findings, labels, images);
    return result;
  } finally {
    await close();
  }
}

/** Null where nobody was asked to judge the labels. */
async function judgeAll(
  images: AuditImages,
  { firsts, near }: Findings,
  { model, crossValidation }: Judge,
  hooks: Hooks<AuditEvent>,
): Promise<JudgedLabels | null> {
  if (model) return { suspects: await findSuspects(images, model, hooks), crossValidated: null };
  if (!crossValidation) return null;
  const { plan, module } = crossValidation;
  const predicted = await module.predictOutOfSample(plan, images, copyGroups(firsts, near), hooks);
  const { suspects, ...crossValidated } = judgeLabels(images, predicted);
  return { suspects, crossValidated };
}

async function writeAudit(
  out: string,
  result: AuditResult,
  findings: Findings,
  labels: JudgedLabels | null,
  images: AuditImages,
): Promise<void> {
  // Loaded only here: without a folder nothing is drawn.
  const { makeSheets } = await import('./sheets.js');
  const sheets = await makeSheets(findings, labels, images);
  for (const { file, png } of sheets) await writeFileAtomically(join(out, file), png);
  await writeFileAtomically(join(out, 'audit.json'), `${JSON.stringify(result, null, 1)}\n`);
  if (result.suspectLabels) {
    await writeFileAtomically(join(out, 'suspect-labels.csv'), suspectsToCsv(result.suspectLabels));
  }
  await writeFileAtomically(join(out, 'audit.md'), auditMarkdown(result, sheets));
}

/** Whether images outside the training split have exact copies in it. */
export function leaks(result: AuditResult): boolean {
  return result.leaks.some(({ exact }) => exact > 0);
}
