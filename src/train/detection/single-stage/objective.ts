// What the single-stage detector is trained towards: a face or none in every cell that counts, by binary cross-entropy whose
// easy cells weigh less (Li et al. 2020, "Generalized Focal Loss"); in the cells of faces how well the box fits, the box
// itself (Zhang et al. 2022, "Focal and Efficient IOU Loss") and the points.

import type { Value } from '../../../engine/ir/graph.js';
import type { Values } from '../../../engine/nn/layer.js';
import type { Objective } from '../../../engine/nn/objective.js';
import { stopGradient } from '../../../engine/ops/choice.js';
import {
  add,
  divide,
  exponential,
  minimum,
  multiply,
  relu,
  scalar,
  sigmoid,
  squareRoot,
  subtract,
} from '../../../engine/ops/elementwise.js';
import { sigmoidCrossEntropy } from '../../../engine/ops/loss.js';
import { maximum } from '../../../engine/ops/maximum.js';
import { concat, slice } from '../../../engine/ops/shaping.js';
import { reduceSum } from '../../../engine/ops/sum.js';
import { cellCount, columnCount, columns, strides } from './assign.js';

/** How much each part counts. */
const weights = { face: 1, fit: 0.5, box: 2, points: 1.5 };

/** Errors of points below, in sizes of the face, count by their square; above by their amount. */
const smallPointError = 0.02;

/** Sides of boxes are bounded by e^6 cells: before training they may be anything. */
const largestExponent = 6;

const square = (x: Value): Value => multiply(x, x);
const scaled = (x: Value, by: number): Value => multiply(x, scalar(x, by));
const total = (x: Value): Value => reduceSum(x, [0, 1, 2]);

/** Each kind of output, all levels' cells one after another: [N, cells, size]. */
function joined(outputs: Values, kind: 'cls' | 'obj' | 'bbox' | 'kps'): Value {
  return concat(
    strides.map((stride) => outputs[`${kind}_${stride}`]!),
    1,
  );
}

/** Centres and sizes: [N, cells, 1] each. */
interface Boxes {
  centre: readonly [Value, Value];
  size: readonly [Value, Value];
}

const columnOf = (x: Value, at: number): Value => slice(x, 2, at, at + 1);

const ends = ({ centre, size }: Boxes, axis: 0 | 1): { low: Value; high: Value } => {
  const half = scaled(size[axis], 0.5);
  return { low: subtract(centre[axis], half), high: add(centre[axis], half) };
};

/** Intersection over union, and the loss: 1 - IoU + distance of the centres and differences of the sides, by the box around both. */
function compareBoxes(found: Boxes, wanted: Boxes): { overlap: Value; loss: Value } {
  const axes = ([0, 1] as const).map((axis) => {
    const [a, b] = [ends(found, axis), ends(wanted, axis)];
    return {
      shared: relu(subtract(minimum(a.high, b.high), maximum([a.low, b.low]))),
      around: subtract(maximum([a.high, b.high]), minimum(a.low, b.low)),
      distance: square(subtract(found.centre[axis], wanted.centre[axis])),
      difference: square(subtract(found.size[axis], wanted.size[axis])),
    };
  }) as [Axis, Axis];
  const [x, y] = axes;
  const shared = multiply(x.shared, y.shared);
  const areas = add(multiply(found.size[0], found.size[1]), multiply(wanted.size[0], wanted.size[1]));
  const overlap = divide(shared, subtract(areas, shared));
  const [aroundX, aroundY] = [square(x.around), square(y.around)];
  const distance = divide(add(x.distance, y.distance), add(aroundX, aroundY));
  const sides = add(divide(x.difference, aroundX), divide(y.difference, aroundY));
  return {
    overlap,
    loss: add(subtract(scalar(overlap, 1), overlap), add(distance, sides)),
  };
}

interface Axis {
  shared: Value;
  around: Value;
  distance: Value;
  difference: Value;
}

/** Distance of coordinates in sizes of the face, smooth at zero, by how much their cells count; summed. */
function pointLoss(found: Value, wanted: Value, known: Value, counts: Value): Value {
  const error = multiply(subtract(found, wanted), known);
  const smooth = squareRoot(add(square(error), scalar(error, smallPointError ** 2)));
  return total(multiply(subtract(smooth, scalar(smooth, smallPointError)), counts));
}

/** @param side of the tiles in pixels. */
export function detectionObjective(side: number): Objective {
  return {
    inputs: { targets: [cellCount(side), columnCount] },
    loss(outputs, { targets }) {
      const part = (name: keyof typeof columns): Value =>
        slice(targets!, 2, columns[name].at, columns[name].at + columns[name].size);
      const [face, counts] = [part('face'), part('counts')];
      /** 0 without a face, else how much the cell counts. */
      const weight = multiply(face, counts);
      const faces = maximum([total(weight), scalar(face, 1)]);
      const mean = (sum: Value): Value => divide(sum, faces);

      const box = joined(outputs, 'bbox');
      const bounded = (value: Value): Value => exponential(minimum(value, scalar(value, largestExponent)));
      const wantedBox = part('box');
      const { overlap, loss: boxLoss } = compareBoxes(
        {
          centre: [columnOf(box, 0), columnOf(box, 1)],
          size: [bounded(columnOf(box, 2)), bounded(columnOf(box, 3))],
        },
        {
          centre: [columnOf(wantedBox, 0), columnOf(wantedBox, 1)],
          size: [columnOf(wantedBox, 2), columnOf(wantedBox, 3)],
        },
      );
      const ofBoxes = mean(total(multiply(boxLoss, weight)));

      const obj = joined(outputs, 'obj');
      const surprise = stopGradient(square(subtract(sigmoid(obj), face)));
      const ofFaces = mean(total(multiply(multiply(sigmoidCrossEntropy(obj, face), surprise), counts)));

      const cls = joined(outputs, 'cls');
      const ofFit = mean(total(multiply(sigmoidCrossEntropy(cls, stopGradient(overlap)), weight)));

      const points = joined(outputs, 'kps');
      const corner = (first: number): Value => slice(points, 2, first, first + 2);
      const mouth = scaled(add(corner(6), corner(8)), 0.5);
      const ofPoints = mean(
        add(
          pointLoss(points, part('points'), part('pointWeights'), counts),
          pointLoss(mouth, part('mouth'), part('mouthWeights'), counts),
        ),
      );

      const parts = { face: ofFaces, fit: ofFit, box: ofBoxes, points: ofPoints };
      const loss = (Object.keys(parts) as (keyof typeof parts)[])
        .map((name) => scaled(parts[name], weights[name]))
        .reduce(add);
      // The loop divides the sums of measures by the number of images.
      const batch = targets!.shape[0]!;
      const measures = {
        faceLoss: scaled(ofFaces, batch),
        fitLoss: scaled(ofFit, batch),
        boxLoss: scaled(ofBoxes, batch),
        pointLoss: scaled(ofPoints, batch),
      };
      return { loss, measures };
    },
  };
}
