// The report of a single-stage detector's run: what its model file, with all its looks, finds in the photographs that
// training left out.

import type { PictureStore } from '../../../data/faces/picture-store.js';
import { readDetectorFile } from '../../../faces/detector-file.js';
import { openSingleStage } from '../../../faces/single-stage.js';
import { describeMachine } from '../../../machine/describe-machine.js';
import { programVersion } from '../../../version.js';
import type { TrainHooks } from '../../loop/events.js';
import type { Place, RunEnd } from '../../loop/task.js';
import { foundTiles, missedTiles } from '../found-sheets.js';
import type { DetectionConfig } from './config.js';
import { detectAll, type FoundPicture, pointError, scoreFound, scoresBySource } from './validation.js';

/** The end of a run, as far as its task knows it. */
interface DetectorEnd {
  /** Of the model file. */
  bytes: Uint8Array;
  config: DetectionConfig;
  validation: PictureStore;
  place: Place;
  hooks: TrainHooks;
}

/** Faces of fewer pixels on the longer side aren't asked for, and count for nothing in the scores. */
const leastFace = 20;

/** Writes report.md, report.json and their pictures. Throws FerlabError `io`. */
export async function reportDetector(
  { bytes, config, validation, place, hooks }: DetectorEnd,
  { folder, command, model, history }: RunEnd,
): Promise<void> {
  hooks.onProgress?.({ type: 'log', message: 'Scoring the detector' });
  const { threshold } = readDetectorFile(bytes, model.file).settings;
  const all = await foundBy(bytes, model.file, validation, place, hooks);
  const shown = all.map(({ found }) => ({ found: found.filter(({ score }) => score >= threshold) }));
  const { writeDetectionReport } = await import('../../../report/detection.js');
  const { threads, workers, ...settings } = { ...config.train, ...config.data };
  await writeDetectionReport(folder, {
    title: 'Training of a detector of faces',
    version: programVersion,
    command,
    configuration: {
      ...settings,
      tiles: config.tiles,
      optimizer: config.optimizer,
      schedule: config.schedule,
    },
    machine: describeMachine(place.device),
    training: { history, bestEpoch: model.epoch },
    fileBytes: bytes.length,
    scores: scoreFound(all),
    pointError: pointError(all),
    sources: scoresBySource(all),
    threshold,
    found: foundTiles(validation, shown),
    missed: missedTiles(validation, shown, leastFace),
  });
}

async function foundBy(
  bytes: Uint8Array,
  file: string,
  validation: PictureStore,
  { threads }: Place,
  hooks: TrainHooks,
): Promise<FoundPicture[]> {
  // On the CPU whatever trained: pictures differ in size, for each of which a GPU would set up anew.
  const detector = await openSingleStage(bytes, file, { threads, device: 'cpu' });
  try {
    const total = validation.pictures.length;
    return await detectAll(detector, validation, (done) =>
      hooks.onProgress?.({ type: 'validate', done, total }),
    );
  } finally {
    await detector.close();
  }
}
