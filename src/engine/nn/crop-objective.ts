// The objective of networks that judge a crop of a picture: whether a thing is in it, where its box is, and where its points
// are. Every crop takes part in the losses for which it has a label (Zhang, Zhang, Li and Qiao 2016, section II.C).

import type { Value } from '../ir/graph.js';
import { hardest } from '../ops/choice.js';
import { add, divide, minimum, multiply, scalar, subtract } from '../ops/elementwise.js';
import { categoricalMatch, softmaxCrossEntropy } from '../ops/loss.js';
import { maximum } from '../ops/maximum.js';
import { reshape } from '../ops/shaping.js';
import { reduceSum } from '../ops/sum.js';
import type { Values } from './layer.js';
import type { Objective } from './objective.js';

export interface CropObjectiveOptions {
  /** Weights of the losses; `points` null for networks without points. */
  weights: { class: number; box: number; points: number | null };
  /** Only this share of the crops with a class trains it, those of the largest losses (online hard example mining). */
  hardest: number;
  /** Numbers of the points: two each. */
  pointNumbers?: number;
}

/** Numbers of a box. */
const boxNumbers = 4;

/**
 * Trains the outputs `face` [N, 2] (logits), `box` [N, 4] and `points` [N, 10]; maps of one position are taken as rows. A
 * step is fed
 *
 * - `faces` [N, 2]: a distribution over no and yes; zeros for crops whose class doesn't count,
 * - `boxes` [N, 4] and `boxCounts` [N]: 1 for crops whose box counts, else 0,
 * - `points` [N, 10] and `pointCounts` [N, 10]: 1 for numbers that are known, else 0; where networks have points.
 *
 * Each loss is a mean over the crops that take part: cross-entropy over the hardest, squared distances summed over a box or
 * the known points. Measures are these means (that of the class over all its crops) and the accuracy, times the batch's size.
 */
export function cropObjective({
  weights,
  hardest: share,
  pointNumbers = 10,
}: CropObjectiveOptions): Objective {
  const withPoints = weights.points !== null;
  return {
    inputs: {
      faces: [2],
      boxes: [boxNumbers],
      boxCounts: [],
      ...(withPoints ? { points: [pointNumbers], pointCounts: [pointNumbers] } : {}),
    },
    loss(outputs, { faces, boxes, boxCounts, points, pointCounts }) {
      const logits = rows(outputs.face!);
      const classLosses = softmaxCrossEntropy(logits, faces!);
      const classCounts = reduceSum(faces!, [1]);
      const hard = multiply(hardest(classLosses, share, classCounts), classCounts);
      const losses: Record<string, { loss: Value; weight: number }> = {
        class: { loss: meanOf(classLosses, hard), weight: weights.class },
        box: { loss: meanOf(squares(rows(outputs.box!), boxes!), boxCounts!), weight: weights.box },
      };
      if (weights.points !== null) {
        const known = squares(rows(outputs.points!), points!, pointCounts!);
        const some = reduceSum(pointCounts!, [1]);
        const counts = minimum(some, scalar(some, 1));
        losses.points = { loss: meanOf(known, counts), weight: weights.points };
      }
      const times = (value: Value, factor: number): Value => multiply(value, scalar(value, factor));
      const total = Object.values(losses)
        .map(({ loss, weight }) => times(loss, weight))
        .reduce(add);
      const means: Values = {
        accuracy: meanOf(categoricalMatch(logits, faces!), classCounts),
        classLoss: meanOf(classLosses, classCounts),
        boxLoss: losses.box!.loss,
        ...(losses.points ? { pointsLoss: losses.points.loss } : {}),
      };
      const size = logits.shape[0]!;
      return {
        loss: total,
        measures: Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, times(mean, size)])),
      };
    },
  };
}

/** [N, C, 1, 1] as [N, C]. */
const rows = (x: Value): Value => reshape(x, [x.shape[0]!, x.shape[1]!]);

/** Squared distances [N] of rows, over the numbers that count. */
function squares(a: Value, b: Value, counts?: Value): Value {
  const difference = subtract(a, b);
  const squared = multiply(difference, difference);
  return reduceSum(counts ? multiply(squared, counts) : squared, [1]);
}

/** The mean over the rows that count; 0 where none does. */
function meanOf(values: Value, counts: Value): Value {
  const count = reduceSum(counts, [0]);
  return divide(reduceSum(multiply(values, counts), [0]), maximum([count, scalar(count, 1)]));
}
