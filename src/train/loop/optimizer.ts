// The optimizer that a configuration names.

import { adam, adamw, type Optimizer, type OptimizerOptions, sgd } from '../../engine/optim/transforms.js';
import type { TrainConfig } from '../config/config.js';

/** The learning rate is the schedule's (learning-rate.ts), and averaging the weights the session's (prepare.ts). */
export function createOptimizer(config: Omit<TrainConfig['optimizer'], 'learningRate' | 'ema'>): Optimizer {
  const { beta1, beta2, epsilon, momentum, nesterov, weightDecay, clipNorm } = config;
  const options: OptimizerOptions = { weightDecay, ...(clipNorm === null ? {} : { clipNorm }) };
  switch (config.name) {
    case 'adam':
      return adam({ ...options, beta1, beta2, epsilon });
    case 'adamw':
      return adamw({ ...options, beta1, beta2, epsilon });
    case 'sgd':
      return sgd({ ...options, momentum, nesterov });
  }
}
