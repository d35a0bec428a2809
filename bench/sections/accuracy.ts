// Time to accuracy: how long Keras's seed system takes to its best validation accuracy within 30 epochs, and how long
// ferlab takes to the same accuracy. Epochs come from learning curves that were recorded once, since thirty of Keras's
// take hours; what an epoch takes is measured here, side by side and round by round. Every contestant has its own
// schedule; the table's notes say which.

import { sideAt } from '../../dist/train/classification/growth.js';
import { resolveTrainConfig } from '../../dist/train/config/config.js';
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
import { summarize } from '../statistics.js';
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
  /** Side of its images where they grow; epochs of one side take equally long. */
  readonly side?: number | null;
  /** Of these seconds, what its checkpoint took, which takes as long with more images; 0 by default. */
  readonly checkpointSeconds?: number;
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

/** Of Keras. The first is for warming up: graphs are compiled, images decoded. */
const kerasEpochs = 2;

const metrics: readonly Metric[] = [
  { key: 'secondsToTarget', label: "to Keras's best", unit: 's', better: 'lower' },
  { key: 'epochsToTarget', label: 'epochs to it', unit: '', better: 'lower' },
  { key: 'epochSeconds', label: 'an epoch, on average', unit: 's', better: 'lower' },
  { key: 'accuracy', label: 'best validation accuracy', unit: '%', better: 'higher' },
  { key: 'recordedSeconds', label: 'to it when recorded', unit: 's', better: 'lower' },
];

/** What a round measured of the epochs on images of one side. */
interface SideTimes {
  /** Training and validation over the round's images. */
  readonly images: number;
  /** Takes as long with more images. */
  readonly checkpoint: number;
  /** What the first epoch took longer than the last: start, decoding, opening graphs. */
  readonly start: number;
}

function timesBySide(ended: readonly Ended[]): Map<number | null, SideTimes> {
  const bySide = new Map<number | null, SideTimes>();
  const firsts = new Map<number | null, number>();
  ended.forEach(({ side = null, seconds, checkpointSeconds: checkpoint = 0 }, i) => {
    const took = seconds - (ended[i - 1]?.seconds ?? 0);
    const first = firsts.get(side) ?? took;
    firsts.set(side, first);
    bySide.set(side, { images: took - checkpoint, checkpoint, start: Math.max(0, first - took) });
  });
  return bySide;
}

/** Key of a sample's figure: seconds of a whole epoch on images of a side. */
const sideKey = (side: number | null): string => `epochSeconds/${side ?? 'all'}`;

/**
 * A round's figures.
 *
 * @param ended ends of the round's epochs, at least two for every side; the last of each is the time that one takes, the first
 *   what it takes to begin.
 * @param ofWhole how many times as many images a whole epoch has.
 * @param sideOf side of the images in an epoch of the curve, from 0.
 * @param target a share; null where it is unknown. Where the curve never gets there, the times are left out.
 */
export function sampleOf(
  ended: readonly Ended[],
  ofWhole: number,
  curve: LearningCurve,
  sideOf: (epoch: number) => number | null,
  target: number | null,
): Sample {
  const bySide = timesBySide(ended);
  const timesOf = (side: number | null): SideTimes => {
    const measured = bySide.get(side);
    if (measured === undefined) throw new Error(`no epoch was measured on images of ${side} pixels.`);
    return measured;
  };
  const whole = (side: number | null): number => {
    const { images, checkpoint } = timesOf(side);
    return ofWhole * images + checkpoint;
  };
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const epochs = target === null ? null : epochsTo(curve, target);
  const sides = curve.slice(0, epochs ?? curve.length).map((_, epoch) => sideOf(epoch));
  const training = sum(sides.map(whole));
  const start = sum([...new Set(sides)].map((side) => timesOf(side).start));
  return {
    epochSeconds: training / sides.length,
    accuracy: 100 * bestAccuracy(curve),
    ...(epochs === null
      ? {}
      : {
          epochsToTarget: epochs,
          secondsToTarget: start + training,
          recordedSeconds: recordedSeconds(curve, epochs),
        }),
    ...Object.fromEntries([...bySide.keys()].map((side) => [sideKey(side), whole(side)])),
  };
}

/** Somebody who trains, and whose learning curve was recorded. */
interface Trainee {
  readonly name: string;
  /** Folder of its results. */
  readonly curve: string;
  /** Side of the images in an epoch (from 0) of so many; null where all are of one size. */
  sideOf(epoch: number, epochs: number): number | null;
  versions: Contestant['versions'];
  /** Trains for a few epochs. */
  train(folders: ImageFolders): Promise<readonly Ended[]>;
}

function kerasTrainee({ keras }: Peers): Trainee {
  return {
    name: 'Keras',
    curve: kerasCurve,
    sideOf: () => null,
    versions: () => keras.versions(),
    async train({ train, validation }) {
      const args = ['--data', train, '--validation', validation, '--batch', '64'];
      const { training } = await keras.run<{ training: { epochs: Ended[] } }>('keras_train.py', [
        ...args,
        ...['--epochs', String(kerasEpochs)],
      ]);
      return training.epochs;
    },
  };
}

function presetTrainee(preset: string): Trainee {
  return {
    name: `ferlab, preset ${preset}`,
    curve: preset,
    sideOf: (epoch, epochs) =>
      sideAt(resolveTrainConfig(preset, { data: { path: '.' }, train: { epochs } }), epoch),
    versions: ferlabVersions,
    async train({ train, validation }) {
      const args = ['--train', train, '--validation', validation, '--preset', preset];
      const { epochs } = await runForJson<{ epochs: Ended[] }>(process.execPath, [
        ferlabScript('epoch-round'),
        ...args,
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

function contestantOf({ name, curve, sideOf, versions, train }: Trainee, size: RoundSize): Contestant {
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
      const points = await readLearningCurve(curve);
      return sampleOf(
        ended,
        wholeEpoch / size.training,
        points,
        (epoch) => sideOf(epoch, points.length),
        await targetAccuracy(),
      );
    },
  };
}

/** Each trainee's curve over minutes, at the pace that was measured; null where there is nothing to compare. */
async function figureOf(rows: readonly Row[], trainees: readonly Trainee[]): Promise<Figure | null> {
  const target = await targetAccuracy();
  const lines: Figure['lines'][number][] = [];
  for (const { name, curve, sideOf } of trainees) {
    const samples = rows.find((row) => row.name === name)?.samples ?? [];
    if (samples.length === 0) continue;
    const points = await readLearningCurve(curve);
    let minutes = 0;
    const line = points.map(({ validationAccuracy }, epoch) => {
      const key = sideKey(sideOf(epoch, points.length));
      minutes += summarize(samples.map((sample) => sample[key]!)).median / 60;
      return [minutes, validationAccuracy] as const;
    });
    lines.push({ name, points: line });
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
        'Keras: the seed network, Adam at 0.001, batch 64, shear, zoom and flip, at most 30 epochs of FER2013. ferlab: each preset with its own network, schedule and batch size (`ferlab models`, and `src/train/config/presets.ts`); `seed` has the network of Keras, `quick` a residual one whose images grow.',
        `*Epochs to it* and accuracies come from the learning curves in [results](results/README.md), one training each. *An epoch* is measured in these rounds, training and validation as a whole: the second epoch over ${size.training} generated images (of every size, where images grow), times FER2013's ${wholeEpoch} by that number, its checkpoint once. *To Keras's best* is the sum of the epochs and what the first of every size takes longer. *When recorded* is what the same epochs took in the training that gave the curve, on a shared machine, at another time.`,
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
