// An untrained seed model as a file: speed doesn't depend on the weights.

import { initializeWeights } from '../../dist/engine/compile/network.js';
import { writeFileAtomically } from '../../dist/files/atomic.js';
import { encodeModel } from '../../dist/train/classification/model-file.js';
import { resolveTrainConfig } from '../../dist/train/config/config.js';
import { seedNetwork } from './work.js';

const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];

export async function writeSeedModel(file: string): Promise<void> {
  const network = seedNetwork();
  const config = resolveTrainConfig('seed', { data: { path: 'untrained' } });
  const origin = { config, classes, counts: {}, fingerprints: {}, extra: { notes: [], recipe: {} } };
  await writeFileAtomically(file, encodeModel(network, initializeWeights(network, 1), {}, origin));
}
