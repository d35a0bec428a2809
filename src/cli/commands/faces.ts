// `ferlab faces train`: trains a detector of faces on labelled photographs, or continues a run.

import { FerlabError } from '../../errors.js';
import { percent } from '../../format/numbers.js';
import type { CascadeResult, CascadeTraining } from '../../train/detection/train-cascade.js';
import type { DetectorTraining } from '../../train/detection/train-detector.js';
import type { PointTraining } from '../../train/detection/train-points.js';
import type { TrainHooks, TrainResult } from '../../train/loop/events.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  type Invocation,
  integerOption,
  listOption,
  longFlag,
  type OptionSpec,
  quietOption,
  textOption,
} from '../command.js';
import { runTraining } from '../run-training.js';

const options = {
  out: {
    flags: '--out <folder>',
    description: 'the run folder, which must not exist',
    defaultText: 'runs/faces; of points runs/face-points',
  },
  validation: {
    flags: '--validation <file>',
    description: 'labels of the pictures to validate on; may be given several times',
    defaultText: 'every twentieth picture',
    repeatable: true,
  },
  backgrounds: { flags: '--backgrounds <folder>', description: 'pictures without faces, to train on' },
  detector: {
    flags: '--detector <name>',
    description: 'single, one network; or mtcnn, a cascade of three',
    defaultText: 'single',
  },
  epochs: {
    flags: '--epochs <n>',
    description: 'epochs in all; of mtcnn, of each network',
    defaultText: '40; of mtcnn 6',
  },
  tiles: {
    flags: '--tiles <n>',
    description: 'single: tiles of an epoch, drawn from all pictures',
    defaultText: '6400',
  },
  crops: {
    flags: '--crops <n>',
    description: 'points: crops of an epoch, most of them of the first file',
    defaultText: '16000',
  },
  batchSize: {
    flags: '--batch-size <n>',
    description: 'single: tiles of a step; points: crops of a step',
    defaultText: '16; of points 32',
  },
  learningRate: {
    flags: '--learning-rate <rate>',
    description: 'single and points: the highest one',
    defaultText: '0.002',
  },
  effort: {
    flags: '--effort <factor>',
    description: 'mtcnn: crops of an epoch; 1 stands for 384,000, 57,600 and 24,000 for its networks',
    defaultText: '1',
  },
  minFace: {
    flags: '--min-face <pixels>',
    description: 'mtcnn: longer side of the smallest face that is learnt',
    defaultText: '20',
  },
  seed: { flags: '--seed <n>', description: 'of all random choices', defaultText: '0' },
  threads: { flags: '--threads <n>', description: 'threads of the engine', defaultText: 'one per core' },
  workers: {
    flags: '--workers <n>',
    description: 'threads that make tiles or crops',
    defaultText: 'one less than the cores, at most 8',
  },
  device: { flags: '--device <name>', description: 'cpu or cuda', defaultText: 'cpu' },
  resume: { flags: '--resume <folder>', description: 'continue this run after its last finished epoch' },
} as const satisfies Record<string, OptionSpec>;

/** A number above 0 and at most `most`; undefined where the option wasn't given. */
function positiveOption(invocation: Invocation, { flags }: OptionSpec, most: number): number | undefined {
  const given = textOption(invocation, flags);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (value > 0 && value <= most) return value;
  throw new FerlabError(
    'usage',
    `${longFlag(flags)}: expected a number above 0, at most ${most}, got ${JSON.stringify(given)}`,
  );
}

/** A new run of one of the detectors or of the network of points, or a folder to continue. */
type Plan =
  | { training: DetectorTraining }
  | { cascade: CascadeTraining }
  | { points: PointTraining }
  | { action: string; resumed: string; epochs: number | undefined };

/** Options that not all of them have. */
const own = {
  single: ['tiles', 'batchSize', 'learningRate', 'backgrounds', 'detector'],
  mtcnn: ['effort', 'minFace', 'backgrounds', 'detector'],
  points: ['crops', 'batchSize', 'learningRate'],
} as const satisfies Record<string, readonly (keyof typeof options)[]>;

function refuseOthers({ options: given }: Invocation, kind: keyof typeof own): void {
  const has: readonly string[] = own[kind];
  const wrong = Object.values(own)
    .flat()
    .find((name) => !has.includes(name) && given[name] !== undefined);
  if (wrong === undefined) return;
  const other = kind === 'single' ? 'mtcnn' : 'single';
  const isOther = (own[other] as readonly string[]).includes(wrong);
  const expected = isOther && kind !== 'points' ? `--detector ${other}` : 'another action';
  throw new FerlabError(
    'usage',
    `${longFlag(options[wrong].flags)}: expected ${expected}, which alone has it; got ${kind}. Leave it out.`,
  );
}

function plan(invocation: Invocation): Plan {
  const [action, labels = []] = invocation.arguments as [string, string[]?];
  if (action !== 'train' && action !== 'points')
    throw new FerlabError(
      'usage',
      `faces: expected train or points, got ${JSON.stringify(action)}. Try "ferlab faces --help".`,
    );
  const number = (
    name: 'epochs' | 'tiles' | 'crops' | 'batchSize' | 'threads' | 'workers',
  ): number | undefined => integerOption(invocation, options[name].flags, 1);
  const resumed = textOption(invocation, options.resume.flags);
  if (resumed !== undefined) {
    const allowed = ['resume', 'epochs', 'quiet', 'debug'];
    const others = [...Object.keys(invocation.options), ...Object.keys(invocation.lists)].filter(
      (key) => !allowed.includes(key),
    );
    if (labels.length > 0 || others.length > 0)
      throw new FerlabError(
        'usage',
        `--resume: expected the run folder, with --epochs at most, since the configuration is the run's; got ` +
          `${[...labels, ...others].join(', ')}. Leave that out, or start a new run.`,
      );
    return { action, resumed, epochs: number('epochs') };
  }
  if (labels.length === 0)
    throw new FerlabError(
      'usage',
      `expected label files or a run to resume, got neither. Try "ferlab faces ${action} LABELS.csv --out RUN" or "ferlab faces --help".`,
    );
  const detector = choiceOption(invocation, options.detector.flags, ['single', 'mtcnn']) ?? 'single';
  refuseOthers(invocation, action === 'points' ? 'points' : detector);
  const shared = {
    labels,
    validation: listOption(invocation, options.validation.flags),
    out: textOption(invocation, options.out.flags),
    epochs: number('epochs'),
    seed: integerOption(invocation, options.seed.flags, 0),
    threads: number('threads'),
    workers: number('workers'),
    device: choiceOption(invocation, options.device.flags, ['cpu', 'cuda']),
  };
  const learningRate = positiveOption(invocation, options.learningRate, 1);
  const steps = { batchSize: number('batchSize'), learningRate };
  if (action === 'points') return { points: { ...shared, ...steps, crops: number('crops') } };
  const backgrounds = textOption(invocation, options.backgrounds.flags);
  if (detector === 'mtcnn') {
    const effort = positiveOption(invocation, options.effort, 1000);
    const minFace = integerOption(invocation, options.minFace.flags, 12);
    return { cascade: { ...shared, backgrounds, effort, minFace } };
  }
  return { training: { ...shared, ...steps, backgrounds, tiles: number('tiles') } };
}

async function start(
  planned: Plan,
  call: TrainHooks & { command: string },
): Promise<TrainResult | CascadeResult> {
  const { resumeDetector, trainDetector } = await import('../../train/detection/train-detector.js');
  const { isCascadeRun, resumeCascade, trainCascade } = await import(
    '../../train/detection/train-cascade.js'
  );
  const { resumePoints, trainPoints } = await import('../../train/detection/train-points.js');
  if ('points' in planned) return trainPoints(planned.points, call);
  if ('training' in planned) return trainDetector(planned.training, call);
  if ('cascade' in planned) return trainCascade(planned.cascade, call);
  const { action, resumed, epochs } = planned;
  if (action === 'points') return resumePoints(resumed, { epochs }, call);
  if (!(await isCascadeRun(resumed))) return resumeDetector(resumed, { epochs }, call);
  if (epochs === undefined) return resumeCascade(resumed, call);
  throw new FerlabError(
    'usage',
    `--epochs: expected none beside --resume for an mtcnn, each of whose networks is trained on what the ones before find; got ${epochs}. Leave it out, or start a new run.`,
  );
}

function cascadeSummary(final: NonNullable<CascadeResult['final']>): string {
  const points =
    final.pointError === null
      ? ''
      : `, points ${percent(final.pointError, 2)} of the distance between the eyes`;
  return (
    `Trained three networks. Average precision ${percent(final.averagePrecision, 2)}${points}.\n` +
    `Detector: ${final.detector}`
  );
}

function summary(result: TrainResult | CascadeResult): string {
  if ('modelFile' in result) return singleSummary(result);
  return result.final === null ? '' : cascadeSummary(result.final);
}

function singleSummary({ best, history, modelFile }: TrainResult): string {
  const { valAveragePrecision, valPointError = Number.NaN } = best.measures;
  const precision =
    valAveragePrecision === undefined ? '' : `average precision ${percent(valAveragePrecision, 2)}, `;
  return (
    `Trained ${history.length} epochs. Best epoch ${best.epoch}: ${precision}` +
    `points ${percent(valPointError, 2)} of the distance between the eyes.\nModel: ${modelFile}`
  );
}

async function run(invocation: Invocation): Promise<number> {
  const planned = plan(invocation);
  const [action] = invocation.arguments as [string];
  return runTraining(invocation, ['faces', action], (call) => start(planned, call), summary);
}

export const facesCommand: CommandSpec = {
  arguments: [
    { name: '<action>', description: 'train, a detector; or points, the network that refines points' },
    { name: '[labels...]', description: 'CSV files with a row for each face' },
  ],
  options: [...Object.values(options), quietOption, debugOption],
  examples: [
    ['ferlab faces train faces.csv --out runs/detector', 'train a detector'],
    ['ferlab faces points web.csv others.csv --out runs/points', 'train the network that refines points'],
    ['ferlab faces train --resume runs/detector', 'continue after an interruption'],
  ],
  run,
};
