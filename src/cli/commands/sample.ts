// `ferlab sample`: writes a dataset of drawn faces, so that everything can be tried without a download.

import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  quietOption,
} from '../command.js';

const trainFlags = '--train <n>';
const validationFlags = '--validation <n>';
const sizeFlags = '--image-size <pixels>';
const seedFlags = '--seed <n>';

async function run(invocation: Invocation): Promise<number> {
  const [folder] = invocation.arguments as [string];
  const quiet = flagOption(invocation, quietOption.flags);
  const numbers = {
    train: integerOption(invocation, trainFlags, 1),
    validation: integerOption(invocation, validationFlags, 1),
    size: integerOption(invocation, sizeFlags, 1),
    seed: integerOption(invocation, seedFlags, 0),
  };
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
  const { writeSampleDataset } = await import('../../data/sample/write.js');
  const { createCountProgress } = await import('../progress.js');
  const progress = createCountProgress(invocation.terminal.err, 'Drawing faces', quiet);
  const written = await writeSampleDataset(folder, { ...given, onProgress: progress.show }).finally(() =>
    progress.end(),
  );
  if (!quiet) {
    invocation.terminal.out.write(
      `Drew ${written.train} training and ${written.validation} validation images of ${written.classes.length} ` +
        `expressions into ${folder}\n`,
    );
  }
  return 0;
}

export const sampleCommand: CommandSpec = {
  arguments: [{ name: '<folder>', description: 'where to; must be empty or not exist' }],
  options: [
    { flags: trainFlags, description: 'training images, spread over seven expressions', defaultText: '1400' },
    {
      flags: validationFlags,
      description: 'validation images, of other people',
      defaultText: '350',
    },
    { flags: sizeFlags, description: 'side of the images, 16 to 512', defaultText: '48' },
    { flags: seedFlags, description: 'what all random choices derive from', defaultText: '0' },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab sample sample', 'then: ferlab train sample'],
    ['ferlab sample tiny --train 140 --validation 35', 'a small one'],
  ],
  run,
};
