// Time to accuracy: how long Keras's seed system takes to its best validation accuracy within 30 epochs, and how long
// ferlab takes to the same accuracy. Epochs come from learning curves that were recorded once, since thirty of Keras's
// take hours; what an epoch takes is measured here, side by side and round by round. Every contestant has its own
// schedule; the table's notes say which.

import { ferlabScript } from '../checkout.js';
import type { Contest, Contestant, Metric, Sample } from '../contest.js';
import { generatedImages } from '../images.js';
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
  /** How many times as many FER2013 has. */
  readonly ofWhole: number;
}

/** An eighth of FER2013's 28,709 and 3,589, rounded up. */
const eighth: RoundSize = { training: 3589, validation: 449, ofWhole: 8 };
const smallest: RoundSize = { training: 64, validation: 16, ofWhole: 28709 / 64 };

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

export function accuracyContests({ quick }: AccuracySettings, peers: Peers): Contest[] {
  const size = quick ? smallest : eighth;
  const contestant = (
    name: string,
    curveName: string,
    {
      versions,
      epochs,
    }: { versions: Contestant['versions']; epochs(folders: string[]): Promise<readonly Ended[]> },
  ): Contestant => ({
    name,
    async versions() {
      await readLearningCurve(curveName); // first of all: without it there is nothing to install for
      await generatedImages(size.training, size.validation); // here, where its time isn't measured
      return versions();
    },
    async round() {
      const folders = await generatedImages(size.training, size.validation);
      const ended = await epochs([folders.train, folders.validation]);
      const target = await readLearningCurve(kerasCurve).then(bestAccuracy, () => null);
      return sampleOf(ended, size.ofWhole, await readLearningCurve(curveName), target);
    },
  });
  const keras = contestant('Keras', kerasCurve, {
    versions: () => peers.keras.versions(),
    async epochs([train, validation]) {
      const { training } = await peers.keras.run<{ training: { epochs: Ended[] } }>('keras_train.py', [
        ...['--data', train!, '--validation', validation!, '--batch', '64'],
        ...['--epochs', String(epochsPerRound)],
      ]);
      return training.epochs;
    },
  });
  const ferlab = (preset: string): Contestant =>
    contestant(`ferlab, preset ${preset}`, preset, {
      versions: ferlabVersions,
      async epochs([train, validation]) {
        const { epochs } = await runForJson<{ epochs: Ended[] }>(process.execPath, [
          ferlabScript('epoch-round'),
          ...['--train', train!, '--validation', validation!, '--preset', preset],
          ...['--epochs', String(epochsPerRound)],
        ]);
        return epochs;
      },
    });
  return [
    {
      id: 'accuracy',
      title: "Until Keras's best validation accuracy",
      notes: [
        'Keras: the seed network, Adam at 0.001, batch 64, shear, zoom and flip, at most 30 epochs of FER2013. ferlab: each preset with its own network, schedule and batch size (`ferlab models`, and src/train/presets.ts); `seed` has the network of Keras, `quick` a residual one.',
        `*Epochs to it* and accuracies come from the learning curves in [results](results/README.md), one training each. *An epoch* is measured in these rounds, training and validation with everything that they involve: the second epoch over generated images, an eighth of FER2013's number, times ${size.ofWhole.toFixed(0)}. *To Keras's best* is their product and what goes before the first epoch. *When recorded* is what the same epochs took in the training that gave the curve, on a shared machine, at another time.`,
      ],
      metrics,
      comparison: {
        against: 'Keras',
        label: 'sooner than Keras by',
        sense: 'rowIsBetter',
        format: 'times',
        metrics: ['secondsToTarget', 'epochSeconds'],
      },
      contestants: [keras, ferlab('seed'), ferlab(bestPreset)],
    },
  ];
}
