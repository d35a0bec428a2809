// The end of a cascade's run: the three files of the detector, its scores on the photographs that training left out, and the
// report.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCascade } from '../../../faces/cascade.js';
import { createFolder, writeFileAtomically } from '../../../files/atomic.js';
import { describeMachine } from '../../../machine/describe-machine.js';
import type { StageSummary } from '../../../report/detection.js';
import type { DetectionScores } from '../../../scores/detections.js';
import { programVersion } from '../../../version.js';
import { readRun } from '../../run/stored-run.js';
import { foundTiles, missedTiles } from '../found-sheets.js';
import {
  detectAll,
  type FoundPicture,
  pointError,
  scoreFound,
  scoresBySource,
} from '../single-stage/validation.js';
import { detectorFile, thresholdOf } from './model-file.js';
import { readRecall } from './recall-file.js';
import { stageFormat } from './stage-kind.js';
import { type StageName, stageNames, stageTitles } from './stages.js';
import type { CascadeTraining } from './train-stages.js';

/** How a cascade's run ended. */
export interface CascadeResult {
  runFolder: string;
  stopped: 'finished' | 'interrupted';
  /** Null where it was interrupted. */
  final: {
    /** The folder of the detector's files: pnet.onnx, rnet.onnx, onet.onnx. */
    detector: string;
    /** Of the photographs that training left out, at an overlap of 0.5: from 0 to 1. */
    averagePrecision: number;
    recall: number;
    /** Mean distance of points over the distance between the eyes; null where no points are labelled. */
    pointError: number | null;
    /** From which score on the detector gives faces, unless told otherwise. */
    threshold: number;
  } | null;
}

type Stages = Readonly<Record<StageName, Uint8Array>>;

const detectorFolder = 'mtcnn';

/** Writes the detector and, where it is wanted, the report. Doing it twice gives the same files. */
export async function finishCascade(
  training: CascadeTraining,
  stages: Stages,
  report: boolean,
): Promise<CascadeResult> {
  const { folder, hooks } = training;
  const passing = { pnet: thresholdOf(stages.pnet), rnet: thresholdOf(stages.rnet) };
  const files = (onet: number): Record<StageName, Uint8Array> => ({
    pnet: detectorFile(stages.pnet),
    rnet: detectorFile(stages.rnet),
    onet: detectorFile(stages.onet, { ...passing, onet }),
  });
  hooks.onProgress?.({ type: 'log', message: 'Scoring the detector' });
  const all = await foundByAll(training, files(0.5));
  if (all === null) return { runFolder: folder, stopped: 'interrupted', final: null };
  const scores = scoreFound(all);
  const threshold = bestThreshold(scores);
  const final = files(threshold);
  const detector = join(folder, detectorFolder);
  await createFolder(detector);
  for (const stage of stageNames) await writeFileAtomically(join(detector, `${stage}.onnx`), final[stage]);
  if (report) await writeReport(training, final, all, scores, threshold);
  hooks.onProgress?.({ type: 'done', runFolder: folder });
  const { averagePrecision, recall } = scores;
  return {
    runFolder: folder,
    stopped: 'finished',
    final: { detector, averagePrecision, recall, pointError: pointError(all), threshold },
  };
}

async function foundByAll(
  { photographs: { validation }, settings, hooks }: CascadeTraining,
  files: Stages,
): Promise<FoundPicture[] | null> {
  // On the CPU whatever trains: pictures differ in size, for each of which a GPU would set up anew.
  const names = { pnet: 'P-Net', rnet: 'R-Net', onet: 'O-Net' };
  const cascade = await openCascade(files, names, 'the trained cascade', {
    threads: settings.threads,
    device: 'cpu',
  });
  try {
    const total = validation.pictures.length;
    return await detectAll(cascade, validation, (done) => {
      hooks.signal?.throwIfAborted();
      hooks.onProgress?.({ type: 'validate', done, total });
    });
  } catch (error) {
    if (hooks.signal?.aborted) return null;
    throw error;
  } finally {
    await cascade.close();
  }
}

/** The score, in steps of a hundredth, with the highest harmonic mean of precision and recall. */
function bestThreshold({ curve }: DetectionScores): number {
  let [best, threshold] = [0, 0.5];
  for (const { score, precision, recall } of curve) {
    const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    if (f1 > best) [best, threshold] = [f1, score];
  }
  return Math.floor(100 * threshold) / 100;
}

async function writeReport(
  { photographs: { validation }, settings, folder, command }: CascadeTraining,
  files: Stages,
  all: readonly FoundPicture[],
  scores: DetectionScores,
  threshold: number,
): Promise<void> {
  const { writeDetectionReport } = await import('../../../report/detection.js');
  const shown = all.map(({ found }) => ({ found: found.filter(({ score }) => score >= threshold) }));
  await writeDetectionReport(folder, {
    title: 'Training of MTCNN',
    version: programVersion,
    command,
    configuration: settings,
    machine: describeMachine(settings.device),
    training: await Promise.all(stageNames.map((stage) => summarize(folder, stage, threshold))),
    fileBytes: Object.values(files).reduce((sum, { length }) => sum + length, 0),
    scores,
    pointError: pointError(all),
    sources: scoresBySource(all),
    threshold,
    found: foundTiles(validation, shown),
    missed: missedTiles(validation, shown, settings.minFace),
  });
}

async function summarize(folder: string, stage: StageName, threshold: number): Promise<StageSummary> {
  const path = join(folder, stage);
  const { history, checkpoint } = await readRun(path, stageFormat);
  const model = await readFile(join(path, 'best.onnx'));
  return {
    title: stageTitles[stage],
    name: stage,
    history,
    bestEpoch: checkpoint!.progress.best!.epoch,
    threshold: stage === 'onet' ? threshold : thresholdOf(model),
    recall: await readRecall(path),
  };
}
