// The optimizer that a configuration names.

import { adam, adamw, type Optimizer, type OptimizerOptions, sgd } from '../../engine/optim/transforms.js';
import type { TrainConfig } from '../config/config.js';

/** The learning rate is the schedule's: see learning-rate.ts. */
export function createOptimizer(config: TrainConfig['optimizer']): Optimizer {
  const { weightDecay, clipNorm } = config;
  const options: OptimizerOptions = { weightDecay, ...(clipNorm === null ? {} : { clipNorm }) };
  if (config.name === 'sgd') {
    const { momentum, nesterov } = config;
    return sgd({ ...options, momentum, nesterov });
  }
  const { beta1, beta2, epsilon } = config;
  return (config.name === 'adam' ? adam : adamw)({ ...options, beta1, beta2, epsilon });
}
