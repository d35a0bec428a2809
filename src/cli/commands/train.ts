// `ferlab train`: trains on a dataset, or continues a run.

import { exitCodes, FerlabError } from '../../errors.js';
import { resolveTrainConfig, type TrainConfig } from '../../train/config/config.js';
import { presetNames, presets } from '../../train/config/presets.js';
import type { TrainEvent, TrainHooks, TrainResult } from '../../train/loop/events.js';
import { chooseRunFolder } from '../../train/run/run-name.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  quietOption,
  shellLine,
  textOption,
} from '../command.js';
import { percent } from '../format.js';
import { withInterrupt } from '../interrupt.js';
import { createTrainProgress } from '../progress.js';
import { describedTrainOptions, settingName, trainOverrides } from '../train-options.js';

const defaultPreset = 'seed';
const presetFlags = '--preset <name>';
const resumeFlags = '--resume <folder>';
/** What may stand beside --resume: how to talk, and how long to train, else not how. */
const besideResume = new Set(['resume', 'epochs', 'quiet', 'debug']);

function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function checkResume(dataset: string | undefined, options: Invocation['options']): void {
  const others = Object.keys(options)
    .filter((key) => !besideResume.has(key))
    .map(flagOf);
  const found = [...(dataset === undefined ? [] : [`the dataset ${dataset}`]), ...others];
  if (found.length === 0) return;
  throw new FerlabError(
    'usage',
    `--resume: expected nothing but the run folder, whose configuration is used again, and --epochs; got ${found.join(', ')}. ` +
      'Leave that out, or start a new run.',
  );
}

/** A new run with this configuration, or a folder to continue, perhaps for another number of epochs. */
type Plan =
  | { folder: string; config: TrainConfig }
  | { folder: string; config: null; epochs: number | undefined };

/** Resolves everything that can be wrong with the options, before any work. */
function plan(invocation: Invocation): Plan {
  const { options } = invocation;
  const dataset = invocation.arguments[0] as string | undefined;
  const resumed = textOption(invocation, resumeFlags);
  if (resumed !== undefined) {
    checkResume(dataset, options);
    const epochs = trainOverrides(options).train?.epochs;
    return { folder: resumed, config: null, epochs };
  }
  const given = trainOverrides(options);
  if (dataset === undefined && given.data?.train === undefined) {
    throw new FerlabError(
      'usage',
      'expected a dataset or a run to resume, got neither. ' +
        'Try "ferlab train DATASET", "ferlab train --resume RUN_FOLDER" or "ferlab train --help".',
    );
  }
  const overrides = { ...given, data: { ...given.data, path: dataset ?? null } };
  const preset = textOption(invocation, presetFlags) ?? defaultPreset;
  const config = resolveTrainConfig(preset, overrides, settingName);
  const folder = config.run.out ?? chooseRunFolder(config);
  return { folder, config: { ...config, run: { ...config.run, out: folder } } };
}

/** The engine is loaded only here, so that help and wrong options don't wait for it. */
async function start(planned: Plan, hooks: TrainHooks & { command: string }): Promise<TrainResult> {
  const { resumeTraining, train } = await import('../../train/train.js');
  const { folder, config } = planned;
  return config ? train(config, hooks) : resumeTraining(folder, hooks, planned.epochs);
}

function summary(result: TrainResult): string {
  const { best, final, history, runFolder, modelFile, stopped } = result;
  const why = stopped === 'patience' ? ' (no more improvement)' : '';
  return [
    `Trained ${history.length} epochs${why}. Best epoch ${best.epoch}: ` +
      `val_accuracy ${percent(best.val_accuracy, 2)}, val_loss ${best.val_loss.toFixed(4)}.`,
    ...(final.epoch === best.epoch
      ? []
      : [`The model is that of epoch ${final.epoch}: val_accuracy ${percent(final.val_accuracy, 2)}.`]),
    `Model:  ${modelFile}`,
    `Report: ${runFolder}/report.md`,
  ].join('\n');
}

async function run(invocation: Invocation): Promise<number> {
  const planned = plan(invocation);
  const quiet = flagOption(invocation, quietOption.flags);
  const progress = createTrainProgress(invocation.terminal, quiet);
  let started = false;
  const onProgress = (event: TrainEvent) => {
    if (event.type === 'start') started = true;
    progress.show(event);
  };
  const onInterrupt = () => {
    const how = started
      ? `Continue with: ${shellLine(['ferlab', 'train', '--resume', planned.folder])}`
      : 'Training has not begun.';
    progress.say(`Stopping, with what is done kept; Ctrl-C again stops at once. ${how}`);
  };
  try {
    const result = await withInterrupt(onInterrupt, (signal) =>
      start(planned, { onProgress, signal, command: invocation.commandLine }),
    );
    progress.end();
    if (result.stopped === 'interrupted') return exitCodes.interrupted;
    if (!quiet) invocation.terminal.out.write(`${summary(result)}\n`);
    return 0;
  } finally {
    progress.end();
  }
}

export const trainCommand: CommandSpec = {
  name: 'train',
  summary: 'train a model on a folder of class folders or fer2013.csv',
  arguments: [
    {
      name: '[dataset]',
      description:
        'folder with train/ and validation/ (or val/, test/), one folder of class folders (with --validation-split), ' +
        'or fer2013.csv',
    },
  ],
  options: [
    {
      flags: presetFlags,
      description: `the recipe; options change it. ${presetNames.map((name) => `${name}: ${presets[name].description}`).join('; ')}`,
      defaultText: defaultPreset,
    },
    {
      flags: resumeFlags,
      description:
        'continue the run in this folder after its last finished epoch; --epochs beside it gives it more or fewer, no other option is taken',
    },
    quietOption,
    debugOption,
    ...describedTrainOptions(defaultPreset),
  ],
  examples: [
    ['ferlab train fer2013', 'the seed recipe on a folder'],
    ['ferlab train faces --validation-split 0.1', 'a tenth of every class for validation'],
    ['ferlab train fer2013 --schedule cosine --epochs 30 --out runs/a', 'another recipe, into runs/a'],
    ['ferlab train --resume runs/a', 'continue it after an interruption'],
  ],
  run,
};
