// `ferlab train`: trains on a dataset, or continues a run.

import { FerlabError } from '../../errors.js';
import { percent } from '../../format/numbers.js';
import {
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from '../../train/config/config.js';
import { presetNames, presets } from '../../train/config/presets.js';
import type { TrainHooks, TrainResult } from '../../train/loop/events.js';
import type { ResumeChanges } from '../../train/train.js';
import {
  type CommandSpec,
  debugOption,
  type Invocation,
  integerOption,
  quietOption,
  textOption,
} from '../command.js';
import { followOptions } from '../follow-options.js';
import { runTraining } from '../run-training.js';
import { describedTrainOptions, settingName, trainOverrides } from '../train-options.js';

const defaultPreset = 'seed';
const presetFlags = '--preset <name>';
const resumeFlags = '--resume <folder>';
/** Options that may stand beside --resume: where the run's files are now, and how many epochs it has. */
const besideResume = new Set([
  'resume',
  'epochs',
  'train',
  'validation',
  'overlay',
  'softLabels',
  'teacher',
  'startFrom',
  'tensorboard',
  'mlflow',
  'quiet',
  'debug',
]);

function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function resumeChanges(dataset: string | undefined, invocation: Invocation): ResumeChanges {
  const { options } = invocation;
  const others = Object.keys(options)
    .filter((key) => !besideResume.has(key))
    .map(flagOf);
  if (others.length > 0) {
    throw new FerlabError(
      'usage',
      '--resume: expected the run folder, with --epochs or the places of files that have moved at most, since the ' +
        `configuration is the run's; got ${others.join(', ')}. Leave that out, or start a new run.`,
    );
  }
  const { data, softLabels, distillation, startFrom } = trainOverrides(options);
  return {
    epochs: integerOption(invocation, '--epochs <n>', 1),
    dataset,
    train: data?.train ?? undefined,
    validation: data?.validation ?? undefined,
    overlay: data?.overlay ?? undefined,
    softLabels: softLabels?.file ?? undefined,
    teachers: distillation?.teachers,
    startFrom: startFrom ?? undefined,
  };
}

/** A new run with this configuration, or a folder to continue. */
type Plan = { config: TrainConfig } | { resumed: string; changes: ResumeChanges };

/** Resolves everything that can be wrong with the options, before any work. */
async function plan(invocation: Invocation): Promise<Plan> {
  const { options } = invocation;
  const dataset = invocation.arguments[0] as string | undefined;
  const resumed = textOption(invocation, resumeFlags);
  if (resumed !== undefined) return { resumed, changes: resumeChanges(dataset, invocation) };
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
  return { config: resolveTrainConfig(preset, await withStart(overrides), settingName) };
}

/** What starts from a model file may take its network from there. */
async function withStart(overrides: TrainConfigOverrides): Promise<TrainConfigOverrides> {
  if (typeof overrides.startFrom !== 'string') return overrides;
  const { withNetworkOfStart } = await import('../../train/train.js');
  return withNetworkOfStart(overrides);
}

/** The engine is loaded only here, so that help and wrong options don't wait for it. */
async function start(planned: Plan, call: TrainHooks & { command: string }): Promise<TrainResult> {
  const { resumeTraining, trainFromConfig } = await import('../../train/train.js');
  if ('config' in planned) return trainFromConfig(planned.config, call);
  return resumeTraining(planned.resumed, planned.changes, call);
}

function summary(result: TrainResult): string {
  const { best, final, history, runFolder, modelFile, stopped } = result;
  const why = stopped === 'patience' ? ' (no more improvement)' : '';
  const { valAccuracy = Number.NaN, valLoss = Number.NaN } = best.measures;
  return [
    `Trained ${history.length} epochs${why}. Best epoch ${best.epoch}: ` +
      `val_accuracy ${percent(valAccuracy, 2)}, val_loss ${valLoss.toFixed(4)}.`,
    ...(final.epoch === best.epoch
      ? []
      : [
          `The model is that of epoch ${final.epoch}: val_accuracy ${percent(final.measures.valAccuracy ?? Number.NaN, 2)}.`,
        ]),
    `Model:  ${modelFile}`,
    `Report: ${runFolder}/report.md`,
  ].join('\n');
}

async function run(invocation: Invocation): Promise<number> {
  const planned = await plan(invocation);
  return runTraining(invocation, ['train'], (call) => start(planned, call), summary);
}

export const trainCommand: CommandSpec = {
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
        'continue the run in this folder after its last finished epoch; give the dataset beside it if that has moved, and ' +
        '--epochs for more or fewer',
    },
    ...followOptions,
    quietOption,
    debugOption,
    ...describedTrainOptions(defaultPreset),
  ],
  examples: [
    ['ferlab train fer2013', 'the seed recipe on a folder'],
    ['ferlab train faces --validation-split 0.1', 'a tenth of every class for validation'],
    ['ferlab train fer2013 --schedule cosine --epochs 30 --out runs/a', 'another recipe, into runs/a'],
    ['ferlab train --resume runs/a', 'continue it after an interruption'],
    ['ferlab train --resume runs/a elsewhere/fer2013', 'continue it where run or dataset have moved'],
  ],
  run,
};
