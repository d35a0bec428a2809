// `ferlab evaluate`: scores a model on a labelled set.

import { copyKinds } from '../../copies/leaks.js';
import { FerlabError } from '../../errors.js';
import { visibleLines } from '../../format/visible.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  quietOption,
  textOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';
import { modelOptions, readModelOptions, takeModel } from '../model-options.js';

const splitFlags = '--split <name>';
const batchFlags = '--batch-size <n>';
const threadsFlags = '--threads <n>';
const strictFlags = '--strict';
const overlayFlags = '--overlay <file>';
const outFlags = '--out <folder>';
const copiesFlags = '--without-copies <kind>';
const robustnessFlags = '--robustness';
/** What the arguments name: a model, where one is given, and a dataset. */
function readArguments(invocation: Invocation): { model: string | undefined; dataset: string } {
  const [words] = invocation.arguments as [string[]];
  const { model, rest } = takeModel(invocation, words);
  const [first, second] = rest;
  if (first !== undefined && second === undefined) return { model, dataset: first };
  // Of two, the first is the model, whatever it is called.
  if (first !== undefined && model === undefined && rest.length === 2)
    return { model: first, dataset: second! };
  throw new FerlabError(
    'usage',
    first === undefined
      ? `expected a dataset after the model ${model}, got none. Try "ferlab evaluate ${model} DATASET".`
      : `expected a model and one dataset, got ${[...(model ? [model] : []), ...rest].join(', ')}. ` +
          'Leave the others out.',
  );
}

async function run(invocation: Invocation): Promise<number> {
  const { model, dataset } = readArguments(invocation);
  const { out, err } = invocation.terminal;
  const quiet = flagOption(invocation, quietOption.flags);
  const folder = textOption(invocation, outFlags);
  const request = {
    model,
    ...readModelOptions(invocation),
    dataset,
    split: textOption(invocation, splitFlags),
    withoutCopies: choiceOption(invocation, copiesFlags, copyKinds),
    robustness: flagOption(invocation, robustnessFlags),
    batchSize: integerOption(invocation, batchFlags, 1),
    threads: integerOption(invocation, threadsFlags, 1),
    strict: flagOption(invocation, strictFlags),
    overlay: textOption(invocation, overlayFlags),
    out: folder,
    command: invocation.commandLine,
  };
  // Imported here so that help and wrong options don't wait for the engine to load.
  const { evaluateModel } = await import('../../evaluate/evaluate.js');
  const { createSplitProgress } = await import('../progress.js');
  const progress = createSplitProgress(err, quiet);
  const result = await withInterrupt(progress.end, (signal) =>
    evaluateModel(request, { signal, onProgress: progress.show }),
  ).finally(progress.end);
  if (flagOption(invocation, jsonOption.flags)) out.write(`${JSON.stringify(result)}\n`);
  else {
    const { evaluationText } = await import('../evaluation-text.js');
    out.write(`${visibleLines(evaluationText(result))}\n`);
  }
  if (folder !== undefined && !quiet) err.write(`Pictures and report: ${folder}\n`);
  return 0;
}

export const evaluateCommand: CommandSpec = {
  usage: '[options] [model] <dataset>',
  arguments: [
    {
      name: '<dataset...>',
      description:
        'a dataset as for training, or one folder of class folders; before it the .onnx file of a model',
    },
  ],
  options: [
    {
      flags: splitFlags,
      description: 'the split of the dataset to score',
      defaultText: 'its validation split',
    },
    {
      flags: copiesFlags,
      description:
        'leave out images that stand in the training split too: exact, pixel by pixel; near, another version of the photograph too',
    },
    {
      flags: robustnessFlags,
      description:
        'score every image under changes, too: smaller, turned, moved, compressed, brighter, mirrored and so on',
    },
    {
      flags: outFlags,
      description:
        'write report, confusion matrix and the most confident mistakes as pictures into this folder',
    },
    ...modelOptions,
    { flags: batchFlags, description: 'images per call of the model', defaultText: '64' },
    { flags: threadsFlags, description: 'threads of the engine', defaultText: 'one per core' },
    { flags: strictFlags, description: "fail when any image can't be used" },
    { flags: overlayFlags, description: 'a CSV file of corrections: images of another class, or of none' },
    jsonOption,
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab evaluate runs/a/best.onnx fer2013', 'the validation split'],
    ['ferlab evaluate fer2013', 'the model that comes with ferlab'],
    ['ferlab evaluate best.onnx fer2013 --split test --json', 'another split, as one JSON object'],
    ['ferlab evaluate best.onnx faces --out scores', 'one folder of class folders, with pictures'],
    ['ferlab evaluate fer2013 --robustness', 'what changes of the images cost'],
    [
      'ferlab evaluate a.onnx fer2013 --with b.onnx --tta flip',
      'two models, each on the image and its mirror image',
    ],
  ],
  run,
};
