// `ferlab calibrate`: a copy of a model whose probabilities are calibrated on a labelled set.

import type { CalibratedModel } from '../../evaluate/calibrate.js';
import { percent } from '../../format/numbers.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  quietOption,
  requiredOption,
  textOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';

const outFlags = '--out <file>';
const splitFlags = '--split <name>';
const batchFlags = '--batch-size <n>';
const threadsFlags = '--threads <n>';
const strictFlags = '--strict';
const overlayFlags = '--overlay <file>';

function describe({ temperature, split, n, ece, loss, uncertain }: CalibratedModel, file: string): string {
  const losses = [loss.before, loss.after, loss.crossFitted].map((value) => value.toFixed(4));
  return [
    `Temperature ${temperature}, fitted on ${n} images (${split})`,
    `Calibration error ${percent(ece.before, 2)} before, ${percent(ece.after, 2)} after; ` +
      `${percent(ece.crossFitted, 2)} on halves that it was not fitted on`,
    `Loss ${losses[0]} before, ${losses[1]} after; ${losses[2]} on halves that it was not fitted on`,
    uncertain === null
      ? 'No rule for images that are no faces: that takes 200 images or more, and a last layer that is linear'
      : `Uncertain: ${percent(uncertain.faces)} of faces, ${percent(uncertain.others)} of images made of them that are none; on the half that it was not fitted on`,
    `Model: ${file}`,
  ].join('\n');
}

async function run(invocation: Invocation): Promise<number> {
  const [model, dataset] = invocation.arguments as [string, string];
  const { out, err } = invocation.terminal;
  const quiet = flagOption(invocation, quietOption.flags);
  const file = requiredOption(invocation, outFlags, 'the calibrated model file to write');
  const request = {
    model,
    dataset,
    out: file,
    split: textOption(invocation, splitFlags),
    batchSize: integerOption(invocation, batchFlags, 1),
    threads: integerOption(invocation, threadsFlags, 1),
    strict: flagOption(invocation, strictFlags),
    overlay: textOption(invocation, overlayFlags),
  };
  // Imported here so that help and wrong options don't wait for the engine to load.
  const { calibrateModel } = await import('../../evaluate/calibrate.js');
  const { createSplitProgress } = await import('../progress.js');
  const progress = createSplitProgress(err, quiet);
  const result = await withInterrupt(progress.end, (signal) =>
    calibrateModel(request, { signal, onProgress: progress.show }),
  ).finally(progress.end);
  if (flagOption(invocation, jsonOption.flags)) out.write(`${JSON.stringify(result)}\n`);
  else if (!quiet) out.write(`${describe(result, file)}\n`);
  return 0;
}

export const calibrateCommand: CommandSpec = {
  arguments: [
    { name: '<model>', description: 'the .onnx file of a run' },
    { name: '<dataset>', description: 'a dataset as for training, or one folder of class folders' },
  ],
  options: [
    { flags: outFlags, description: 'the calibrated model file; an existing file is replaced' },
    {
      flags: splitFlags,
      description:
        'the split of the dataset to fit the temperature on; not the one that the model was trained on',
      defaultText: 'its validation split',
    },
    { flags: batchFlags, description: 'images per call of the model', defaultText: '64' },
    { flags: threadsFlags, description: 'threads of the engine', defaultText: 'one per core' },
    { flags: strictFlags, description: "fail when any image can't be used" },
    { flags: overlayFlags, description: 'a CSV file of corrections: images of another class, or of none' },
    jsonOption,
    quietOption,
    debugOption,
  ],
  examples: [['ferlab calibrate best.onnx fer2013 --out calibrated.onnx', 'on the validation split']],
  run,
};
