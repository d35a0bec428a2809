// What a dataset's labels are, given votes: multinomial logistic regression, as scikit-learn's LogisticRegression without
// intercept (shares sum to 1, so that every class has one anyway), fitted by Newton's method.

import { softmax } from '../../math/softmax.js';
import { solvePositive } from '../../math/solve.js';

/** Votes of n images with their labels. */
export interface LabelledVotes {
  /** [n], each [columns]: votes divided by their sum. */
  shares: readonly Float64Array[];
  /** [n], from 0 to classes - 1. */
  labels: ArrayLike<number>;
  classes: number;
}

/** Half of it times the squared norm of the weights is added to the summed loss; scikit-learn's default, C = 1. */
const penalty = 1;
const mostSteps = 50;
/** Newton's decrement, half of what a step may still win of the loss per image, at which the fit is done. */
const precision = 1e-12;

/** Weights, [classes, columns], that minimise the summed cross-entropy of softmax(weights x shares) plus the penalty. */
export function fitVotes(data: LabelledVotes): Float64Array {
  const { shares, labels, classes } = data;
  let weights: Float64Array = new Float64Array(classes * (shares[0]?.length ?? 0));
  for (let step = 0; step < mostSteps; step++) {
    const { gradient, hessian } = derivatives(shares, labels, classes, weights);
    const direction = solvePositive(hessian, gradient.slice())!; // positive definite by the penalty
    const decrement = direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
    if (decrement <= precision * shares.length) break;
    const next = descend(data, weights, direction, decrement);
    if (next === null) break; // nothing to win beyond rounding
    weights = next;
  }
  return weights;
}

/** A step that lessens the loss enough: the loss is convex, but a whole step of Newton's may go too far. */
function descend(
  data: LabelledVotes,
  weights: Float64Array,
  direction: Float64Array,
  decrement: number,
): Float64Array | null {
  const loss = penalizedLoss(data, weights);
  for (let size = 1; size > 1e-6; size /= 2) {
    const next = weights.map((weight, i) => weight - size * direction[i]!);
    if (penalizedLoss(data, next) <= loss - 0.25 * size * decrement) return next;
  }
  return null;
}

/** softmax(weights x shares), [classes]: the distribution over the labels of images with such votes. */
export function likelyLabels(weights: Float64Array, shares: Float64Array, classes: number): Float64Array {
  const columns = shares.length;
  const result = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    for (let c = 0; c < columns; c++) result[k]! += weights[k * columns + c]! * shares[c]!;
  }
  return softmax(result);
}

function penalizedLoss({ shares, labels, classes }: LabelledVotes, weights: Float64Array): number {
  let loss = 0;
  shares.forEach((row, i) => {
    loss -= Math.log(Math.max(likelyLabels(weights, row, classes)[labels[i]!]!, Number.MIN_VALUE));
  });
  return loss + (penalty / 2) * weights.reduce((sum, weight) => sum + weight * weight, 0);
}

/** First and second derivatives of the penalized loss by the weights, [classes x columns] and its square. */
function derivatives(
  shares: readonly Float64Array[],
  labels: ArrayLike<number>,
  classes: number,
  weights: Float64Array,
) {
  const n = weights.length;
  const columns = n / classes;
  const gradient = weights.map((weight) => penalty * weight);
  const hessian = new Float64Array(n * n);
  for (let i = 0; i < n; i++) hessian[i * n + i] = penalty;
  shares.forEach((row, image) => {
    const likely = likelyLabels(weights, row, classes);
    // Of ten votes most columns have none.
    const voted = [...row.keys()].filter((c) => row[c]! !== 0);
    for (let k = 0; k < classes; k++) {
      const error = likely[k]! - (labels[image] === k ? 1 : 0);
      for (const c of voted) gradient[k * columns + c]! += error * row[c]!;
      for (let other = 0; other < classes; other++) {
        const curvature = likely[k]! * ((k === other ? 1 : 0) - likely[other]!);
        for (const c of voted) {
          const scaled = curvature * row[c]!;
          for (const d of voted) hessian[(k * columns + c) * n + other * columns + d]! += scaled * row[d]!;
        }
      }
    }
  });
  return { gradient, hessian };
}
