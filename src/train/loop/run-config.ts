// A configuration with what depends on the machine filled in: the numbers of threads and workers.

import { availableParallelism } from 'node:os';
import type { TrainConfig } from '../config/config.js';

/** The configuration of a run on this machine. It is stored with the run, since the order of sums follows `threads`. */
export type RunConfig = Omit<TrainConfig, 'data' | 'train'> & {
  data: TrainConfig['data'] & { workers: number };
  train: TrainConfig['train'] & { threads: number };
};

/** Fills in what was left to the machine: one engine thread per core, one worker less than cores, at most 8. */
export function forThisMachine(config: TrainConfig): RunConfig {
  const cores = availableParallelism();
  return {
    ...config,
    data: { ...config.data, workers: config.data.workers ?? Math.max(1, Math.min(8, cores - 1)) },
    train: { ...config.train, threads: config.train.threads ?? cores },
  };
}
