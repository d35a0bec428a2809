// Scaling of ferlab's training: with the number of images, the batch size and the threads.

import { ferlabScript } from '../checkout.js';
import type { Contest, Contestant, Metric } from '../contest.js';
import { generatedImages } from '../images.js';
import { runForJson } from '../process.js';

interface ScalingOutput {
  readonly step?: { readonly medianMs: number };
  readonly pipeline?: {
    readonly imagesPerSecond: number;
    readonly waitShare: number;
    readonly readMicroseconds: number;
    readonly decodeMicroseconds: number;
  };
  readonly peakMemoryMegabytes: number;
}

const memory: Metric = { key: 'memory', label: 'peak memory', unit: 'MB', better: 'lower' };

const imageMetrics: readonly Metric[] = [
  { key: 'read', label: 'finding, per image', unit: 'us', better: 'lower' },
  { key: 'decode', label: 'decoding, per image', unit: 'us', better: 'lower' },
  { key: 'train', label: 'training, per image', unit: 'ms', better: 'lower' },
  { key: 'wait', label: 'waiting for data', unit: '%', better: 'lower' },
  memory,
];

const batchMetrics: readonly Metric[] = [
  { key: 'train', label: 'step, per image', unit: 'ms', better: 'lower' },
  memory,
];

const count = (value: number): string => value.toLocaleString('en-US');

function bySize(images: number, quick: boolean): Contestant {
  return {
    name: `${count(images)} images`,
    async versions() {
      await generatedImages(images); // here, where its time isn't measured
      return {};
    },
    async round() {
      const folders = await generatedImages(images);
      const { pipeline, peakMemoryMegabytes } = await runForJson<ScalingOutput>(process.execPath, [
        ferlabScript('train-round'),
        ...['--only', 'pipeline', '--train', folders.train, '--validation', folders.validation],
        ...['--batch', quick ? '8' : '64', '--steps', quick ? '1' : '10', '--warmup', quick ? '1' : '6'],
      ]);
      return {
        read: pipeline!.readMicroseconds,
        decode: pipeline!.decodeMicroseconds,
        train: 1000 / pipeline!.imagesPerSecond,
        wait: 100 * pipeline!.waitShare,
        memory: peakMemoryMegabytes,
      };
    },
  };
}

function byBatch(batch: number, threads: number, quick: boolean): Contestant {
  // Small steps are many, so that every size is measured for about as long.
  const steps = quick ? 1 : Math.min(50, Math.max(3, Math.round(256 / batch)));
  return {
    name: `batch ${batch}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    versions: async () => ({}),
    async round() {
      const { step, peakMemoryMegabytes } = await runForJson<ScalingOutput>(process.execPath, [
        ferlabScript('train-round'),
        ...['--only', 'step', '--batch', String(batch), '--threads', String(threads)],
        ...['--steps', String(steps), '--warmup', '1'],
      ]);
      return { train: step!.medianMs / batch, memory: peakMemoryMegabytes };
    },
  };
}

export function scalingContests({ quick }: { readonly quick: boolean }): Contest[] {
  const sizes = quick ? [128, 512] : [10_000, 100_000, 1_000_000];
  const batches = quick ? [1, 8] : [1, 8, 32, 64, 128, 256, 512];
  const threads = quick ? [1] : [1, 2];
  return [
    {
      id: 'scaling-images',
      title: 'By the number of images',
      notes: [
        'Generated 48x48 JPEGs in class folders (a thousand different ones, linked to under as many names as it takes). *Finding*: names and labels. *Decoding*: every image once, checked and hashed. *Training*: ten steps of batch 64 from the loader. Up to 466,000 images of this size are kept decoded in memory (1 GiB); more are decoded again, batch by batch.',
      ],
      metrics: imageMetrics,
      comparison: null,
      contestants: sizes.map((images) => bySize(images, quick)),
    },
    {
      id: 'scaling-batch',
      title: 'By batch size and threads',
      notes: ['The training step alone, on one fixed batch.'],
      metrics: batchMetrics,
      comparison: null,
      contestants: threads.flatMap((number) => batches.map((batch) => byBatch(batch, number, quick))),
    },
  ];
}
