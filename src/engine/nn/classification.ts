// The objective of classification: cross-entropy towards a distribution over the classes, with or without a teacher.

import { categoricalMatch, softmaxCrossEntropy } from '../ops/loss.js';
import { reduceMean } from '../ops/mean.js';
import { reduceSum } from '../ops/sum.js';
import { type Distillation, withDistillation } from './distillation.js';
import type { Objective } from './objective.js';

/**
 * Trains the output `logits` [N, classes]. A step is fed `targets` [N, classes], each row a distribution (its sum is the
 * weight of the image); the measure `accuracy` counts images whose largest logit is that of their largest target.
 *
 * @param distillation trains towards a teacher's logits too, which are then fed as `teacher` [N, classes].
 */
export function classification(classes: number, distillation?: Distillation): Objective {
  const row = [classes];
  return {
    inputs: { targets: row, ...(distillation && { teacher: row }) },
    loss({ logits }, { targets, teacher }) {
      const labelLoss = softmaxCrossEntropy(logits!, targets!);
      const losses = distillation ? withDistillation(labelLoss, logits!, teacher!, distillation) : labelLoss;
      return {
        loss: reduceMean(losses, [0]),
        measures: { accuracy: reduceSum(categoricalMatch(logits!, targets!), [0]) },
      };
    },
  };
}
