// What the network of points is trained towards: the mean distance of points from their labels over the distance between the
// eyes, which is also what it is measured by. Where only the middle of a mouth is labelled, that of the corners counts.

import type { Value } from '../../../engine/ir/graph.js';
import type { Objective } from '../../../engine/nn/objective.js';
import { add, divide, multiply, scalar, squareRoot, subtract } from '../../../engine/ops/elementwise.js';
import { maximum } from '../../../engine/ops/maximum.js';
import { concat, reshape, slice } from '../../../engine/ops/shaping.js';
import { reduceSum } from '../../../engine/ops/sum.js';
import { targetColumns, targetSize } from './crop-plan.js';

/** Distances below, between eyes, count about by their square: labels aren't more exact. */
const smallDistance = 0.02;

export const pointObjective: Objective = {
  inputs: { targets: [targetSize] },
  loss({ points }, { targets }) {
    const found = points!;
    const batch = found.shape[0]!;
    const part = (name: keyof typeof targetColumns): Value =>
      slice(targets!, 1, targetColumns[name].at, targetColumns[name].at + targetColumns[name].size);
    const corner = (first: number): Value => slice(found, 1, first, first + 2);
    const sum = add(corner(6), corner(8));
    const mouth = multiply(sum, scalar(sum, 0.5));
    // [batch, 12]: the five points and the middle of the mouth.
    const error = multiply(
      subtract(concat([found, mouth], 1), concat([part('points'), part('mouth')], 1)),
      part('unit'),
    );
    const squares = reduceSum(reshape(multiply(error, error), [batch, 6, 2]), [2]);
    const small = scalar(squares, smallDistance ** 2);
    const distance = subtract(squareRoot(add(squares, small)), scalar(squares, smallDistance));
    const weights = concat([part('pointWeights'), part('mouthWeight')], 1);
    const known = reduceSum(weights, [0, 1]);
    const loss = divide(reduceSum(multiply(distance, weights), [0, 1]), maximum([known, scalar(known, 1)]));
    return { loss, measures: {} };
  },
};
