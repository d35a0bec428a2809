// `ferlab import`: a model file of ours from one that Keras or another program wrote.

import { FerlabError } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { bytes, percent } from '../../format/numbers.js';
import { textTable } from '../../format/table.js';
import { visibleLines } from '../../format/visible.js';
import type { ImportOptions, ScalingScore } from '../../interop/import-model.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  quietOption,
  requiredOption,
  textOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';
import { readValue } from '../option-values.js';

const classesFlags = '--classes <names>';
const scaleFlags = '--scale <factor>';
const meanFlags = '--mean <numbers>';
const stdFlags = '--std <numbers>';
const sizeFlags = '--size <size>';
const checkFlags = '--check <dataset>';
const outFlags = '--out <file>';

function readOptions(invocation: Invocation): ImportOptions {
  const names = textOption(invocation, classesFlags);
  const size = textOption(invocation, sizeFlags);
  const classes = names?.split(',').map((name) => name.trim());
  if (classes !== undefined && (classes.includes('') || new Set(classes).size < classes.length))
    throw new FerlabError(
      'usage',
      `--classes: expected names that differ, separated by commas; got ${JSON.stringify(names)}`,
    );
  return {
    classes,
    scale: textOption(invocation, scaleFlags),
    mean: textOption(invocation, meanFlags),
    std: textOption(invocation, stdFlags),
    ...(size === undefined
      ? {}
      : { size: readValue('size', size, '--size') as { width: number; height: number } }),
  };
}

const isScaled = ({ scale, mean, std }: ImportOptions): boolean =>
  [scale, mean, std].some((text) => text !== undefined);

function table(scores: readonly ScalingScore[]): string {
  const rows = scores.map(({ options, means, accuracy, images }) => [
    options ?? '-',
    means,
    percent(accuracy, 1),
    String(images),
  ]);
  return textTable(
    [
      { header: 'options' },
      { header: 'pixels' },
      { header: 'accuracy', align: 'right' },
      { header: 'images', align: 'right' },
    ],
    rows,
  );
}

/** Prints the accuracies. @returns whether the file says its scaling itself. */
async function check(
  invocation: Invocation,
  file: string,
  dataset: string,
  options: ImportOptions,
): Promise<boolean> {
  const { checkScalings } = await import('../../interop/import-model.js');
  const { createSplitProgress } = await import('../progress.js');
  const progress = createSplitProgress(invocation.terminal.err, flagOption(invocation, quietOption.flags));
  const scores = await withInterrupt(progress.end, (signal) =>
    checkScalings(file, dataset, options, { signal, onProgress: progress.show }),
  ).finally(progress.end);
  invocation.terminal.out.write(`${table(scores)}\n`);
  return scores.every((score) => score.options === null);
}

async function run(invocation: Invocation): Promise<number> {
  const [file] = invocation.arguments as [string];
  const dataset = textOption(invocation, checkFlags);
  const out =
    dataset === undefined
      ? requiredOption(invocation, outFlags, 'the model file to write')
      : textOption(invocation, outFlags);
  const options = readOptions(invocation);
  const quiet = flagOption(invocation, quietOption.flags);
  const saysItself = dataset === undefined ? false : await check(invocation, file, dataset, options);
  const say = (line: string): void => {
    if (!quiet) invocation.terminal.out.write(`${visibleLines(line)}\n`);
  };
  if (out === undefined) return 0;
  if (dataset !== undefined && !saysItself && !isScaled(options)) {
    say(
      `${out} is not written: choose one of these scalings, which is the best by far where it is the right one.`,
    );
    return 0;
  }
  const { importModelFile } = await import('../../interop/import-model.js');
  const imported = await importModelFile(file, options);
  await writeFileAtomically(out, imported.bytes);
  for (const note of imported.notes) say(note);
  const { width, height } = imported.metadata.input;
  say(
    `Model: ${out}, ${bytes(imported.bytes.length)}, ${imported.metadata.classes.length} classes, images of ${width}x${height}`,
  );
  return 0;
}

export const importCommand: CommandSpec = {
  arguments: [
    {
      name: '<file>',
      description: 'a .keras, .h5 or .hdf5 file of a whole model, or an .onnx file of another program',
    },
  ],
  options: [
    {
      flags: classesFlags,
      description:
        'names of its outputs, in their order, separated by commas; a file that ferlab exported says them itself',
    },
    {
      flags: scaleFlags,
      description:
        'what pixels from 0 to 255 are multiplied by, as 1/255; image: every image less its mean, divided by its standard deviation',
      defaultText: 'asked for, where the file does not say it',
    },
    {
      flags: meanFlags,
      description: 'what is subtracted then: one number, or three for red, green and blue',
      defaultText: '0',
    },
    { flags: stdFlags, description: 'what it is divided by then: one number, or three', defaultText: '1' },
    { flags: sizeFlags, description: 'size of its images, WIDTHxHEIGHT', defaultText: "the file's" },
    {
      flags: checkFlags,
      description:
        'print the accuracy on these labelled images under the usual scalings; --out may be left out',
    },
    { flags: outFlags, description: 'the model file to write; an existing file is replaced' },
    quietOption,
    debugOption,
  ],
  examples: [
    [
      'ferlab import model.h5 --classes angry,happy,neutral --scale 1/255 --out model.onnx',
      'of images from 0 to 1',
    ],
    ['ferlab import model.h5 --classes angry,happy,neutral --check faces', 'which scaling is right?'],
    [
      'ferlab import net.onnx --classes angry,happy --scale 1/255 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --out m.onnx',
      'of PyTorch',
    ],
  ],
  run,
};
