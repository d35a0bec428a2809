// Optimizers as chains of gradient transforms, in the manner of optax: each takes the updates so far and gives new
// ones; what is left at the end is subtracted from the parameters. Arithmetic follows Keras's optimizers of the same
// names. Numbers that depend on the step alone (learning rate, bias corrections) are computed on the host in double
// precision and fed as scalars.

import type { Value } from '../ir/graph.js';
import type { Values } from '../nn/layer.js';
import { add, divide, minimum, multiply, scalar, squareRoot, subtract } from '../ops/elementwise.js';
import { reduceSum } from '../ops/sum.js';

interface TransformContext {
  readonly parameters: Values;
  /** This transform's slots, `slot/parameter path`. */
  readonly slots: Values;
  /** This transform's scalars. */
  readonly scalars: Values;
}

interface GradientTransform {
  /** First part of its slots' and scalars' names; unique within a chain. */
  readonly name: string;
  /** Names of the slots it keeps for each parameter; all start at zero. */
  readonly slots: readonly string[];
  /** Scalars of a step. `step` counts from 1. */
  scalars(step: number, learningRate: number): Readonly<Record<string, number>>;
  update(updates: Values, context: TransformContext): { updates: Values; slots: Values };
}

export type Optimizer = readonly GradientTransform[];

/** Which parameters weight decay applies to. By default kernels alone: not biases, not batch normalization. */
type DecayFilter = (path: string) => boolean;
const kernelsOnly: DecayFilter = (path) => path.endsWith('/kernel');

function mapValues(values: Values, change: (value: Value, path: string) => Value): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([path, value]) => [path, change(value, path)]));
}

const allAxes = (value: Value): number[] => value.shape.map((_, axis) => axis);

/** Scales all updates together so that their common L2 norm is at most `maximum` (Pascanu et al. 2013). */
function clipByGlobalNorm(maximum: number): GradientTransform {
  return {
    name: 'clip',
    slots: [],
    scalars: () => ({}),
    update(updates) {
      const squares = Object.values(updates).map((value) =>
        reduceSum(multiply(value, value), allAxes(value)),
      );
      const norm = squareRoot(squares.reduce(add));
      // A norm of zero would divide by zero; the smallest float keeps the factor at 1.
      const factor = minimum(scalar(norm, 1), divide(scalar(norm, maximum), add(norm, scalar(norm, 1e-30))));
      return { updates: mapValues(updates, (value) => multiply(value, factor)), slots: {} };
    },
  };
}

/** Adds rate times the parameter to its gradient: L2 regularisation, as PyTorch's `weight_decay` does for SGD. */
function addWeightDecay(rate: number, applies: DecayFilter = kernelsOnly): GradientTransform {
  return {
    name: 'decay',
    slots: [],
    scalars: () => ({}),
    update: (updates, { parameters }) => ({
      updates: mapValues(updates, (value, path) =>
        applies(path) ? add(value, multiply(parameters[path]!, scalar(value, rate))) : value,
      ),
      slots: {},
    }),
  };
}

/** Adds learning rate times `rate` times the parameter to its update, past the optimizer (Loshchilov and Hutter 2019). */
function decoupledWeightDecay(rate: number, applies: DecayFilter = kernelsOnly): GradientTransform {
  return {
    name: 'decay',
    slots: [],
    scalars: (_step, learningRate) => ({ rate: learningRate * rate }),
    update: (updates, { parameters, scalars }) => ({
      updates: mapValues(updates, (value, path) =>
        applies(path) ? add(value, multiply(parameters[path]!, scalars.rate!)) : value,
      ),
      slots: {},
    }),
  };
}

function scaleByLearningRate(): GradientTransform {
  return {
    name: 'rate',
    slots: [],
    scalars: (_step, learningRate) => ({ learning_rate: learningRate }),
    update: (updates, { scalars }) => ({
      updates: mapValues(updates, (value) => multiply(value, scalars.learning_rate!)),
      slots: {},
    }),
  };
}

/** velocity = momentum velocity + update; with Nesterov's step, update + momentum velocity is used (Keras's form). */
function accumulateMomentum(momentum: number, nesterov: boolean): GradientTransform {
  return {
    name: 'momentum',
    slots: ['velocity'],
    scalars: () => ({}),
    update(updates, { slots }) {
      const velocity = mapValues(updates, (value, path) =>
        add(multiply(slots[`velocity/${path}`]!, scalar(value, momentum)), value),
      );
      return {
        updates: nesterov
          ? mapValues(updates, (value, path) =>
              add(multiply(velocity[path]!, scalar(value, momentum)), value),
            )
          : velocity,
        slots: Object.fromEntries(
          Object.entries(velocity).map(([path, value]) => [`velocity/${path}`, value]),
        ),
      };
    },
  };
}

export interface AdamOptions {
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2015) in the form that Keras computes: lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon).
 * Includes the learning rate.
 */
function scaleByAdam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamOptions = {}): GradientTransform {
  return {
    name: 'adam',
    slots: ['first', 'second'],
    scalars: (step, learningRate) => ({
      alpha: (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step),
    }),
    update(updates, { slots, scalars }) {
      const newSlots: Record<string, Value> = {};
      const result = mapValues(updates, (gradient, path) => {
        // old + (new - old) (1 - beta), one multiplication less than the weighted sum
        const towards = (old: Value, value: Value, beta: number): Value =>
          add(old, multiply(subtract(value, old), scalar(old, 1 - beta)));
        const first = towards(slots[`first/${path}`]!, gradient, beta1);
        const second = towards(slots[`second/${path}`]!, multiply(gradient, gradient), beta2);
        newSlots[`first/${path}`] = first;
        newSlots[`second/${path}`] = second;
        return divide(multiply(first, scalars.alpha!), add(squareRoot(second), scalar(second, epsilon)));
      });
      return { updates: result, slots: newSlots };
    },
  };
}

export interface OptimizerOptions {
  weightDecay?: number;
  decayFilter?: DecayFilter;
  /** Largest global norm of the gradients. */
  clipNorm?: number;
}

const clipping = ({ clipNorm }: OptimizerOptions): GradientTransform[] =>
  clipNorm === undefined ? [] : [clipByGlobalNorm(clipNorm)];
const coupledDecay = ({ weightDecay = 0, decayFilter }: OptimizerOptions): GradientTransform[] =>
  weightDecay === 0 ? [] : [addWeightDecay(weightDecay, decayFilter)];

/** Stochastic gradient descent with momentum; weight decay enters the gradient. */
export function sgd(options: OptimizerOptions & { momentum?: number; nesterov?: boolean } = {}): Optimizer {
  const { momentum = 0, nesterov = false } = options;
  return [
    ...clipping(options),
    ...coupledDecay(options),
    scaleByLearningRate(),
    ...(momentum === 0 ? [] : [accumulateMomentum(momentum, nesterov)]),
  ];
}

/** Adam; weight decay, if any, enters the gradient. */
export function adam(options: OptimizerOptions & AdamOptions = {}): Optimizer {
  return [...clipping(options), ...coupledDecay(options), scaleByAdam(options)];
}

/** Adam with decoupled weight decay. */
export function adamw(options: OptimizerOptions & AdamOptions = {}): Optimizer {
  const { weightDecay = 0.01, decayFilter } = options;
  return [...clipping(options), scaleByAdam(options), decoupledWeightDecay(weightDecay, decayFilter)];
}
