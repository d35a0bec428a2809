// What a network is trained towards, as a part of the traced graph. The compiler of training steps knows no task: a task
// gives it an objective.

import type { Value } from '../ir/graph.js';
import type { Shape } from '../tensor/type.js';
import type { Values } from './layer.js';

interface TracedLoss {
  /** A scalar, the mean over the batch. It is minimised. */
  readonly loss: Value;
  /** Scalars by name, each summed over the images of the batch, so that an epoch's mean is their sum by its images. */
  readonly measures: Values;
}

export interface Objective {
  /** Shapes, of one image, of what a step is fed beside the pixels, by name; all of them float32. */
  readonly inputs: Readonly<Record<string, Shape>>;
  /**
   * Builds the loss from what the network gives, by name, and from the inputs, [batch, ...shape] each. Their graph is
   * that of every value.
   */
  loss(outputs: Values, inputs: Values): TracedLoss;
}
