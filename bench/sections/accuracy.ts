// Time to accuracy: how long Keras's seed system takes to its best validation accuracy within 30 epochs, and how long
// ferlab takes to the same accuracy. Epochs come from learning curves that were recorded once, since thirty of Keras's
// take hours; what an epoch takes is measured here, side by side and round by round. Every contestant has its own
// schedule; the table's notes say which.

import { ferlabScript } from '../checkout.js';
import {
  type Contest,
  type Contestant,
  type Metric,
  type Row,
  type Sample,
  Unavailable,
} from '../contest.js';
import type { Figure } from '../figure.js';
import { generatedImages, type ImageFolders } from '../images.js';
import { runForJson } from '../process.js';
import {
  bestAccuracy,
  epochsTo,
  type LearningCurve,
  readLearningCurve,
  recordedSeconds,
} from './learning-curves.js';
import { ferlabVersions, type Peers } from './peers.js';

/** When an epoch ended, in seconds since training began. */
interface Ended {
  readonly seconds: number;
}

export interface AccuracySettings {
  readonly quick: boolean;
}

/** The preset that is trained for its own sake: the network is ours, and the schedule short. */
const bestPreset = 'quick';
/** Name of Keras's curve. */
const kerasCurve = 'keras';

/** Images that a round trains and validates on. */
interface RoundSize {
  readonly training: number;
  readonly validation: number;
}

/** Training images of FER2013, on which the curves were recorded. */
const wholeEpoch = 28_709;
/** An eighth of FER2013's 28,709 and 3,589, rounded up. */
const eighth: RoundSize = { training: 3589, validation: 449 };
const smallest: RoundSize = { training: 64, validation: 16 };

/** The first is the process's warming up: graphs are compiled, images decoded. */
const epochsPerRound = 2;

const metrics: readonly Metric[] = [
  { key: 'secondsToTarget', label: "to Keras's best", unit: 's', better: 'lower' },
  { key: 'epochsToTarget', label: 'epochs to it', unit: '', better: 'lower' },
  { key: 'epochSeconds', label: 'an epoch', unit: 's', better: 'lower' },
  { key: 'accuracy', label: 'best validation accuracy', unit: '%', better: 'higher' },
  { key: 'recordedSeconds', label: 'to it when recorded', unit: 's', better: 'lower' },
];

/**
 * A round's figures.
 *
 * @param ended ends of the round's epochs, at least two; the last two tell what one takes.
 * @param ofWhole how many times as many images a whole epoch has.
 * @param target a share; null where it is unknown. Where the curve never gets there, the times are left out.
 */
export function sampleOf(
  ended: readonly Ended[],
  ofWhole: number,
  curve: LearningCurve,
  target: number | null,
): Sample {
  const [before, last] = ended.slice(-2) as [Ended, Ended];
  const measured = last.seconds - before.seconds;
  const start = Math.max(0, ended[0]!.seconds - measured);
  const epochs = target === null ? null : epochsTo(curve, target);
  const epochSeconds = ofWhole * measured;
  return {
    epochSeconds,
    accuracy: 100 * bestAccuracy(curve),
    ...(epochs === null
      ? {}
      : {
          epochsToTarget: epochs,
          secondsToTarget: start + epochs * epochSeconds,
          recordedSeconds: recordedSeconds(curve, epochs),
        }),
  };
}

/** Somebody who trains, and whose learning curve was recorded. */
interface Trainee {
  readonly name: string;
  /** Folder of its results. */
  readonly curve: string;
  versions: Contestant['versions'];
  /** Trains for a few epochs. */
  train(folders: ImageFolders): Promise<readonly Ended[]>;
}

function kerasTrainee({ keras }: Peers): Trainee {
  return {
    name: 'Keras',
    curve: kerasCurve,
    versions: () => keras.versions(),
    async train({ train, validation }) {
      const args = ['--data', train, '--validation', validation, '--batch', '64'];
      const { training } = await keras.run<{ training: { epochs: Ended[] } }>('keras_train.py', [
        ...args,
        ...['--epochs', String(epochsPerRound)],
      ]);
      return training.epochs;
    },
  };
}

function presetTrainee(preset: string): Trainee {
  return {
    name: `ferlab, preset ${preset}`,
    curve: preset,
    versions: ferlabVersions,
    async train({ train, validation }) {
      const args = ['--train', train, '--validation', validation, '--preset', preset];
      const { epochs } = await runForJson<{ epochs: Ended[] }>(process.execPath, [
        ferlabScript('epoch-round'),
        ...args,
        ...['--epochs', String(epochsPerRound)],
      ]);
      return epochs;
    },
  };
}

/** Keras's best, a share; null where its curve was never recorded. */
async function targetAccuracy(): Promise<number | null> {
  try {
    return bestAccuracy(await readLearningCurve(kerasCurve));
  } catch (error) {
    if (error instanceof Unavailable) return null;
    throw error;
  }
}

function contestantOf({ name, curve, versions, train }: Trainee, size: RoundSize): Contestant {
  const images = (): Promise<ImageFolders> => generatedImages(size.training, size.validation);
  return {
    name,
    async versions() {
      await readLearningCurve(curve); // first of all: without it there is nothing to install for
      await images(); // here, where its time isn't measured
      return versions();
    },
    async round() {
      const ended = await train(await images());
      return sampleOf(
        ended,
        wholeEpoch / size.training,
        await readLearningCurve(curve),
        await targetAccuracy(),
      );
    },
  };
}

/** Each trainee's curve over minutes, at the pace that was measured; null where there is nothing to compare. */
async function figureOf(rows: readonly Row[], trainees: readonly Trainee[]): Promise<Figure | null> {
  const target = await targetAccuracy();
  const lines: Figure['lines'][number][] = [];
  for (const { name, curve } of trainees) {
    const epochSeconds = rows.find((row) => row.name === name)?.summary.epochSeconds;
    if (epochSeconds === undefined) continue;
    const points = (await readLearningCurve(curve)).map(
      ({ epoch, validationAccuracy }) => [(epoch * epochSeconds.median) / 60, validationAccuracy] as const,
    );
    lines.push({ name, points });
  }
  if (lines.length < 2 || target === null) return null;
  return {
    name: 'time-to-accuracy',
    title: 'Accuracy on validation over time',
    x: 'minutes',
    y: 'validation accuracy',
    mark: { y: target, label: `Keras's best: ${(100 * target).toFixed(1)}%` },
    lines,
  };
}

export function accuracyContests({ quick }: AccuracySettings, peers: Peers): Contest[] {
  const size = quick ? smallest : eighth;
  const trainees = [kerasTrainee(peers), presetTrainee('seed'), presetTrainee(bestPreset)];
  return [
    {
      id: 'accuracy',
      title: "Until Keras's best validation accuracy",
      notes: [
        'Keras: the seed network, Adam at 0.001, batch 64, shear, zoom and flip, at most 30 epochs of FER2013. ferlab: each preset with its own network, schedule and batch size (`ferlab models`, and src/train/presets.ts); `seed` has the network of Keras, `quick` a residual one.',
        `*Epochs to it* and accuracies come from the learning curves in [results](results/README.md), one training each. *An epoch* is measured in these rounds, training and validation with everything that they involve: the second epoch over ${size.training} generated images, times FER2013's ${wholeEpoch} by that number. *To Keras's best* is their product and what goes before the first epoch. *When recorded* is what the same epochs took in the training that gave the curve, on a shared machine, at another time.`,
      ],
      metrics,
      comparison: {
        against: 'Keras',
        label: 'sooner than Keras by',
        sense: 'rowIsBetter',
        format: 'times',
        metrics: ['secondsToTarget', 'epochSeconds'],
      },
      contestants: trainees.map((trainee) => contestantOf(trainee, size)),
      figure: (rows) => figureOf(rows, trainees),
    },
  ];
}
