// An untrained seed model as a file: speed doesn't depend on the weights.

import { initializeWeights } from '../../dist/engine/compile/network.js';
import { resolveTrainConfig } from '../../dist/train/config/config.js';
import { exportModel } from '../../dist/train/run/export.js';
import { seedNetwork } from './work.js';

const classes = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];

export async function writeSeedModel(file: string): Promise<void> {
  const network = seedNetwork();
  const config = resolveTrainConfig('seed', { data: { path: 'untrained' } });
  await exportModel(
    file,
    network,
    initializeWeights(network, 1),
    {},
    { config, classes, counts: {}, fingerprints: {} },
  );
}
