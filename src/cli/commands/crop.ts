// `ferlab crop`: makes a dataset of aligned face crops of one of photographs.

import type { CroppedDataset } from '../../crop-dataset/crop-dataset.js';
import { count } from '../../format/numbers.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  quietOption,
} from '../command.js';
import { faceOptions, readFaceOptions } from '../face-options.js';
import { withInterrupt } from '../interrupt.js';

const severalFlags = '--several <choice>';
const sizeFlags = '--size <pixels>';
const severalChoices = ['largest', 'all', 'none'] as const;

async function run(invocation: Invocation): Promise<number> {
  const [dataset, out] = invocation.arguments as [string, string];
  const quiet = flagOption(invocation, quietOption.flags);
  const { detector, detect } = readFaceOptions(invocation);
  const options = {
    ...detect,
    detector,
    several: choiceOption(invocation, severalFlags, severalChoices),
    size: integerOption(invocation, sizeFlags, 1),
  };
  const { cropDataset } = await import('../../crop-dataset/crop-dataset.js');
  const { createCountProgress } = await import('../progress.js');
  const { terminal } = invocation;
  const progress = createCountProgress(terminal.err, 'Cutting out faces', quiet);
  const cropped = await withInterrupt(
    () => {},
    (signal) =>
      cropDataset(dataset, out, options, {
        signal,
        onProgress: ({ done, total }) => progress.show(done, total),
      }),
  ).finally(() => progress.end());
  if (!quiet) terminal.out.write(summary(cropped, out));
  return 0;
}

function summary({ pictures, crops, whole, odd, list }: CroppedDataset, out: string): string {
  const lines = [
    `Cut ${count(crops - whole)} faces out of ${count(pictures - whole)} photographs into ${out}`,
  ];
  if (whole > 0) lines.push(`Copied ${count(whole)} pictures whole, which are crops already by their size`);
  const reasons = new Map<string, number>();
  for (const { faces, reason } of odd) {
    const kind = faces === null ? "can't be read" : reason;
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
  }
  if (odd.length > 0) {
    const counts = [...reasons].map(([kind, number]) => `${kind}: ${count(number)}`);
    lines.push(`Pictures that aren't of one face: ${counts.join('; ')}. They are listed in ${list}`);
  }
  return `${lines.join('\n')}\n`;
}

export const cropCommand: CommandSpec = {
  arguments: [
    {
      name: '<dataset>',
      description: 'a folder of class folders with photographs, or one of splits with them',
    },
    { name: '<out>', description: 'where to; must be empty or not exist, outside the dataset' },
  ],
  options: [
    {
      flags: severalFlags,
      description: `which faces of a picture with several are taken: ${severalChoices.join(', ')}`,
      defaultText: 'largest',
    },
    { flags: sizeFlags, description: 'side of the crops, 16 to 512', defaultText: '96' },
    ...faceOptions,
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab crop photos faces', 'then: ferlab train faces --validation-split 0.1'],
    ['ferlab crop photos faces --several none', 'without the pictures in which several people are'],
  ],
  run,
};
