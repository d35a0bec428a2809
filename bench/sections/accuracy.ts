// Time to accuracy: how long Keras's seed system takes to its best validation accuracy within 30 epochs, and how long
// ferlab takes to the same accuracy. Every contestant has its own schedule; the table says which.

import { ferlabScript } from '../checkout.js';
import type { Contest, Contestant, Metric, Sample } from '../contest.js';
import type { ImageFolders } from '../images.js';
import { runForJson } from '../process.js';
import { ferlabVersions, type Peers } from './peers.js';

/** An epoch's end, in seconds since training began. */
interface Epoch {
  readonly seconds: number;
  readonly validationAccuracy: number;
}

export interface AccuracySettings {
  readonly quick: boolean;
  readonly folders: ImageFolders;
}

/** The preset that is trained for its own sake: the network is ours, and the schedule short. */
const bestPreset = 'quick';
const kerasEpochs = 30;
const timeoutMinutes = 12 * 60;

/** Keras gives accuracies in float32, in which equal shares may differ by this much. */
const rounding = 1e-6;

const metrics: readonly Metric[] = [
  { key: 'secondsToTarget', label: "to Keras's best", unit: 's', better: 'lower' },
  { key: 'accuracy', label: 'best validation accuracy', unit: '%', better: 'higher' },
  { key: 'epochs', label: 'epochs run', unit: '', better: 'lower' },
];

/** `secondsToTarget` is left out where the target was never reached, or is unknown. */
export function sampleOf(epochs: readonly Epoch[], target: number | null): Sample {
  const best = Math.max(...epochs.map(({ validationAccuracy }) => validationAccuracy));
  const reached = epochs.find((epoch) => target !== null && epoch.validationAccuracy >= target - rounding);
  return {
    accuracy: 100 * best,
    epochs: epochs.length,
    ...(reached === undefined ? {} : { secondsToTarget: reached.seconds }),
  };
}

export function accuracyContests({ quick, folders }: AccuracySettings, peers: Peers): Contest[] {
  let target: number | null = null; // Keras is the first, and sets it anew each round
  const keras: Contestant = {
    name: 'Keras',
    versions: () => peers.keras.versions(),
    async round() {
      const { training } = await peers.keras.run<{ training: { epochs: Epoch[] } }>(
        'keras_train.py',
        [
          ...['--data', folders.train, '--validation', folders.validation, '--batch', '64'],
          ...['--epochs', String(quick ? 1 : kerasEpochs)],
        ],
        timeoutMinutes,
      );
      target = Math.max(...training.epochs.map(({ validationAccuracy }) => validationAccuracy));
      return sampleOf(training.epochs, target);
    },
  };
  const ferlab = (name: string, preset: string): Contestant => ({
    name,
    versions: ferlabVersions,
    async round() {
      const { epochs } = await runForJson<{ epochs: Epoch[] }>(
        process.execPath,
        [
          ferlabScript('accuracy-round'),
          ...['--train', folders.train, '--validation', folders.validation, '--preset', preset],
          ...(quick ? ['--epochs', '1'] : []),
          ...(target === null ? [] : ['--target', String(target - rounding)]),
        ],
        { timeoutMinutes },
      );
      return sampleOf(epochs, target);
    },
  });
  const presets = ['seed', bestPreset];
  return [
    {
      id: 'accuracy',
      title: "Until Keras's best validation accuracy",
      notes: [
        `Keras: the seed network, Adam at 0.001, batch 64, shear, zoom and flip, ${kerasEpochs} epochs; its clock starts when \`fit\` is called. ferlab: each preset with its own network, schedule and batch size (\`ferlab models\`, and src/train/presets.ts); its clock starts before the first image is read, and it ends where Keras's best is reached. Both include validation after every epoch.`,
      ],
      metrics,
      comparison: {
        against: 'Keras',
        label: 'sooner than Keras by',
        sense: 'rowIsBetter',
        format: 'times',
        metrics: ['secondsToTarget'],
      },
      contestants: [keras, ...presets.map((preset) => ferlab(`ferlab, preset ${preset}`, preset))],
    },
  ];
}
