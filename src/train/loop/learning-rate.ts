// The learning rate of every step, from the configuration.

import {
  constantSchedule,
  cosineSchedule,
  type PlateauState,
  plateauStart,
  type Schedule,
  updatePlateau,
  withWarmup,
} from '../../engine/optim/schedules.js';
import type { HistoryRow } from '../../scores/history.js';
import type { TrainConfig } from '../config/config.js';

export interface LearningRate {
  /** Rate of a step, from 1. */
  at(step: number, plateau: PlateauState): number;
  /** The plateau's state after an epoch, by its `valLoss`; unchanged by other schedules. */
  afterEpoch(plateau: PlateauState, row: HistoryRow): PlateauState;
}

export { type PlateauState, plateauStart };

export function createLearningRate(
  config: Pick<TrainConfig, 'schedule' | 'optimizer'> & { train: Pick<TrainConfig['train'], 'epochs'> },
  stepsPerEpoch: number,
): LearningRate {
  const { schedule, optimizer, train } = config;
  const peak = optimizer.learningRate;
  const warmup = Math.round(schedule.warmupEpochs * stepsPerEpoch);
  const after: Schedule =
    schedule.name === 'cosine'
      ? cosineSchedule(peak, train.epochs * stepsPerEpoch - warmup, schedule.minimumLearningRate)
      : constantSchedule(peak);
  const rate = warmup > 0 ? withWarmup(warmup, peak, after) : after;
  return {
    at: (step, plateau) => rate(step) * plateau.factor,
    afterEpoch(plateau, row) {
      if (schedule.name !== 'plateau') return plateau;
      return updatePlateau(plateau, row.measures.valLoss ?? Number.NaN, {
        factor: schedule.factor,
        patience: schedule.patience,
        minDelta: 1e-4, // Keras's default
        floor: schedule.minimumLearningRate,
        rate: peak,
      });
    },
  };
}
