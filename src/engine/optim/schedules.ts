// Learning-rate schedules: functions of the step. A plateau schedule needs the course of training; see updatePlateau.

/** Learning rate of a step; steps count from 1. */
export type Schedule = (step: number) => number;

export const constantSchedule =
  (rate: number): Schedule =>
  () =>
    rate;

/** Rises linearly over the first `warmupSteps`, then follows `schedule`, whose own steps start after them. */
export function withWarmup(warmupSteps: number, peak: number, schedule: Schedule): Schedule {
  return (step) => (step <= warmupSteps ? (peak * step) / (warmupSteps + 1) : schedule(step - warmupSteps));
}

/** Half a cosine from `peak` at step 1 to `floor` after `steps` (Loshchilov and Hutter 2017, without restarts). */
export function cosineSchedule(peak: number, steps: number, floor = 0): Schedule {
  return (step) => {
    const progress = Math.min(1, (step - 1) / Math.max(1, steps));
    return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}

/** What a plateau schedule remembers between epochs; plain data, kept in checkpoints. */
export interface PlateauState {
  factor: number;
  best: number | null;
  /** Epochs since `best`. */
  waited: number;
}

export interface PlateauOptions {
  /** What the rate is multiplied by after a plateau. */
  factor: number;
  /** Epochs without improvement that make a plateau. */
  patience: number;
  /** Improvement that counts. */
  minDelta: number;
  /** The rate isn't taken below this. */
  floor: number;
  /** Rate before any reduction. */
  rate: number;
}

export const plateauStart: PlateauState = { factor: 1, best: null, waited: 0 };

/**
 * The state after an epoch whose validation loss was `loss`, as Keras's ReduceLROnPlateau; a loss that isn't finite is no
 * improvement.
 */
export function updatePlateau(state: PlateauState, loss: number, options: PlateauOptions): PlateauState {
  if (loss < (state.best ?? Number.POSITIVE_INFINITY) - options.minDelta)
    return { ...state, best: loss, waited: 0 };
  const waited = state.waited + 1;
  if (waited < options.patience) return { ...state, waited };
  const floorFactor = options.floor / options.rate;
  return { ...state, factor: Math.max(state.factor * options.factor, floorFactor), waited: 0 };
}
