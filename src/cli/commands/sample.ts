// `ferlab sample`: writes a dataset of drawn faces, so that everything can be tried without a download.

import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  quietOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';
import { createCountProgress } from '../progress.js';

const trainFlags = '--train <n>';
const validationFlags = '--validation <n>';
const sizeFlags = '--image-size <pixels>';
const seedFlags = '--seed <n>';

async function run(invocation: Invocation): Promise<number> {
  const [folder] = invocation.arguments as [string];
  const quiet = flagOption(invocation, quietOption.flags);
  const progress = createCountProgress(invocation.terminal.err, 'Drawing faces', quiet);
  const options = {
    trainPerClass: integerOption(invocation, trainFlags, 1),
    validationPerClass: integerOption(invocation, validationFlags, 1),
    size: integerOption(invocation, sizeFlags, 16),
    seed: integerOption(invocation, seedFlags, 0),
  };
  const { writeSampleDataset } = await import('../../data/sample.js');
  const written = await withInterrupt(
    () => progress.end(),
    (signal) => writeSampleDataset(folder, { ...options, signal, onProgress: progress.show }),
  ).finally(() => progress.end());
  if (!quiet) {
    invocation.terminal.out.write(
      `Drew ${written.train} training and ${written.validation} validation images of ${written.classes.length} ` +
        `expressions into ${folder}\n`,
    );
  }
  return 0;
}

export const sampleCommand: CommandSpec = {
  name: 'sample',
  summary: 'write a dataset of drawn faces to try things on',
  arguments: [{ name: '<folder>', description: 'where to; must be empty or not exist' }],
  options: [
    { flags: trainFlags, description: 'training images of each expression', defaultText: '300' },
    {
      flags: validationFlags,
      description: 'validation images of each expression, of other people',
      defaultText: '60',
    },
    { flags: sizeFlags, description: 'side of the images', defaultText: '48' },
    { flags: seedFlags, description: 'what all random choices derive from', defaultText: '0' },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab sample sample', 'then: ferlab train sample'],
    ['ferlab sample tiny --train 20 --validation 5', 'a small one'],
  ],
  run,
};
