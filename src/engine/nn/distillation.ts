// Knowledge distillation (Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"): a network is
// trained towards the softened answers of another beside its labels.

import type { Value } from '../ir/graph.js';
import { add, multiply, scalar, subtract } from '../ops/elementwise.js';
import { softmax, softmaxCrossEntropy } from '../ops/loss.js';

export interface Distillation {
  /** Share of the teacher's part in the loss, 0 to 1; the labels have the rest. */
  readonly weight: number;
  /** T, above 0: both networks' logits are divided by it before the softmax. */
  readonly temperature: number;
}

const times = (value: Value, factor: number): Value => multiply(value, scalar(value, factor));

/**
 * T^2 KL(softmax(teacher / T) || softmax(logits / T)), per row [N]; 0 where the two agree. The factor keeps the size of
 * the gradients when T changes. No gradient flows to the teacher.
 *
 * @param logits of the network that is trained, [N, classes].
 * @param teacher logits of the same shape.
 */
export function distillationLoss(logits: Value, teacher: Value, temperature: number): Value {
  const softened = times(teacher, 1 / temperature);
  const targets = softmax(softened);
  // KL(p || q) = H(p, q) - H(p)
  const crossEntropy = softmaxCrossEntropy(times(logits, 1 / temperature), targets);
  const entropy = softmaxCrossEntropy(softened, targets);
  return times(subtract(crossEntropy, entropy), temperature ** 2);
}

/** (1 - weight) labelLoss + weight distillationLoss, per row [N]. */
export function withDistillation(
  labelLoss: Value,
  logits: Value,
  teacher: Value,
  { weight, temperature }: Distillation,
): Value {
  return add(times(labelLoss, 1 - weight), times(distillationLoss(logits, teacher, temperature), weight));
}
