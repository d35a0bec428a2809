// What the last of the stages so far finds in photographs, down to a low score: to choose its threshold by.

import type { PictureStore } from '../../../data/faces/picture-store.js';
import { openCascade, openProposer, type Proposer } from '../../../faces/cascade.js';
import { thresholdOf, withCascadeThresholds } from './model-file.js';
import { addFound, type Found, nothingFound } from './recall.js';
import type { CascadeSettings, StageName } from './stages.js';

/** Files of the stages that are trained. */
export type Trained = Partial<Record<StageName, Uint8Array>>;

/** Scores below this are no candidates in any stage: no threshold is set to less. */
export const lowestThreshold = 0.02;

/** Looks at all photographs with the stages so far, the last of them at its lowest threshold. */
export async function findProposals(
  models: Trained,
  photos: PictureStore,
  { minFace, threads }: Pick<CascadeSettings, 'minFace' | 'threads'>,
  onProgress: (done: number, total: number) => void,
): Promise<Found> {
  const proposer = await open(models, threads);
  const found = nothingFound();
  try {
    for (const [place, { faces }] of photos.pictures.entries()) {
      addFound(found, faces, await proposer.propose(photos.image(place), minFace), minFace);
      onProgress(place + 1, photos.pictures.length);
    }
    return found;
  } finally {
    await proposer.close();
  }
}

async function open({ pnet, rnet, onet }: Trained, threads: number): Promise<Proposer> {
  if (pnet === undefined) throw new Error('A cascade begins with P-Net.');
  if (rnet === undefined) return openProposer({ pnet }, { pnet: lowestThreshold, rnet: 1 }, { threads });
  const before = { pnet: thresholdOf(pnet) };
  if (onet === undefined)
    return openProposer({ pnet, rnet }, { ...before, rnet: lowestThreshold }, { threads });
  const thresholds = { ...before, rnet: thresholdOf(rnet), onet: lowestThreshold };
  const names = { pnet: 'P-Net', rnet: 'R-Net', onet: 'O-Net' };
  const files = { pnet, rnet, onet: withCascadeThresholds(onet, thresholds) };
  const cascade = await openCascade(files, names, 'the trained cascade', { threads });
  return { propose: (image, minFace) => cascade.detect(image, { minFace }), close: () => cascade.close() };
}
