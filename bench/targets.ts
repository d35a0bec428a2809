// What was asked of ferlab, as ratios to its peers in the same run.

import type { SectionName } from './report.js';

export interface Target {
  readonly section: SectionName;
  readonly contest: string;
  readonly row: string;
  readonly metric: string;
  /** How many times better ferlab is, at least; below 1 it is worse. */
  readonly atLeast: number;
  /** The other way round, as the table then shows it: at most this many times the row's time. */
  readonly shownAtMost?: number;
  readonly text: string;
}

const training = ['train-64', 'train-128'].flatMap((contest): Target[] => {
  const batch = contest.slice('train-'.length);
  const target = (row: string, metric: string, atLeast: number, what: string): Target => ({
    section: 'train',
    contest,
    row,
    metric,
    atLeast,
    text: `training at batch ${batch}, ${what}, against ${row}`,
  });
  const slowPeers = [
    target('TensorFlow.js cpu', 'step', 10, 'step alone'),
    target('jax-js wasm', 'step', 10, 'step alone'),
  ];
  return [
    target('Keras', 'pipeline', 1.3, 'from files to step'),
    target('PyTorch fp32', 'step', 0.9, 'step alone'),
    ...(contest === 'train-64' ? slowPeers : []), // the table that has them
  ];
});

/** Of ferlab's time, by the time of a script without it. */
const mostOfBare = 1.5;

const coldStart: readonly Target[] = [
  ...Object.entries({ Keras: 8, 'TensorFlow.js wasm': 1.3 }).map(([row, atLeast]) => ({
    row,
    atLeast,
    text: `a program's first answer, against ${row}`,
  })),
  {
    row: 'bare onnxruntime-node and sharp',
    atLeast: 1 / mostOfBare,
    shownAtMost: mostOfBare,
    text: "a program's first answer, by the time of bare onnxruntime-node and sharp",
  },
].map((target) => ({ section: 'infer', contest: 'infer', metric: 'coldStart', ...target }));

export const targets: readonly Target[] = [
  ...training,
  {
    section: 'accuracy',
    contest: 'accuracy',
    row: 'ferlab, preset quick',
    metric: 'secondsToTarget',
    atLeast: 4,
    text: "time to Keras's best validation accuracy, preset quick",
  },
  {
    section: 'infer',
    contest: 'infer',
    row: 'Keras',
    metric: 'fileOne',
    atLeast: 5,
    text: 'latency of one image from its file, against Keras',
  },
  {
    section: 'infer',
    contest: 'infer',
    row: 'Keras',
    metric: 'fileBatch',
    atLeast: 2,
    text: 'throughput of files in batches of 64, against Keras',
  },
  ...coldStart,
];
