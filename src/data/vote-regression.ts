// What a dataset's labels are, given votes: multinomial logistic regression, as scikit-learn's LogisticRegression without
// intercept (shares sum to 1, so that every class has one anyway), fitted by Newton's method.

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
  const columns = shares[0]?.length ?? 0;
  let weights = new Float64Array(classes * columns);
  let loss = penalizedLoss(data, weights);
  for (let step = 0; step < mostSteps; step++) {
    const { gradient, hessian } = derivatives(shares, labels, classes, weights);
    const direction = solvePositive(hessian, gradient);
    const decrement = direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
    if (decrement <= precision * Math.max(1, shares.length)) return weights;
    // The loss is convex, but a whole step may go too far.
    for (let size = 1; ; size /= 2) {
      const next = weights.map((weight, i) => weight - size * direction[i]!);
      const nextLoss = penalizedLoss(data, next);
      if (nextLoss <= loss - 0.25 * size * decrement) {
        weights = next;
        loss = nextLoss;
        break;
      }
      if (size < 1e-6) return weights; // nothing to win beyond rounding
    }
  }
  return weights;
}

/** softmax(weights x shares), [classes]: the distribution over the labels of images with such votes. */
export function likelyLabels(weights: Float64Array, shares: Float64Array, classes: number): Float64Array {
  const columns = shares.length;
  const result = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    for (let c = 0; c < columns; c++) result[k]! += weights[k * columns + c]! * shares[c]!;
  }
  const top = Math.max(...result);
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    result[k] = Math.exp(result[k]! - top);
    sum += result[k]!;
  }
  return result.map((value) => value / sum);
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

/** The solution of matrix x = right for a symmetric, positive definite matrix, by Cholesky's factors. */
function solvePositive(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const lower = matrix.slice();
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j] = i > j ? sum / lower[j * n + j]! : Math.sqrt(sum);
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  return x;
}
