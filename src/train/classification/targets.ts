// The targets of classification: class probabilities per image, made from labels, and the weights of classes.

/**
 * Weights of classes that let each count as much as any other: n / (classes that occur x images of the class), as
 * scikit-learn's "balanced". Over the images their mean is 1, so that the learning rate keeps its meaning. A class
 * without images has weight 0.
 */
export function balancedWeights(labels: ArrayLike<number>, classes: number): Float32Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  const occurring = counts.filter((count) => count > 0).length;
  return Float32Array.from(counts, (count) => (count > 0 ? labels.length / (occurring * count) : 0));
}

/**
 * Rows [size, classes]: 1 - s + s / classes for the label and s / classes for the others, where s is the smoothing. With
 * soft labels, s / classes + (1 - s) times the row's share of each class.
 *
 * @param weights by class, multiply the row of an image of that class (Keras's class_weight: the loss of an image counts
 *   so often, and the batch's loss is still divided by its size); null for none. An image's class is its label's.
 * @param shares the distribution of each image over the classes, [size, classes], instead of its label; null for labels.
 */
export function softTargets(
  labels: ArrayLike<number>,
  classes: number,
  smoothing: number,
  weights: Float32Array | null,
  shares: Float32Array | null = null,
): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const weight = weights === null ? 1 : weights[label]!;
    targets.fill((weight * smoothing) / classes, i * classes, (i + 1) * classes);
    if (shares === null) targets[i * classes + label]! += weight * (1 - smoothing);
    else
      for (let j = i * classes; j < (i + 1) * classes; j++)
        targets[j]! += weight * (1 - smoothing) * shares[j]!;
  }
  return targets;
}

/** Rows of a table [n, classes] in the order of `places`: [places, classes]. */
export function rowsAt(table: Float32Array, places: ArrayLike<number>, classes: number): Float32Array {
  const rows = new Float32Array(places.length * classes);
  for (let i = 0; i < places.length; i++) {
    rows.set(table.subarray(places[i]! * classes, (places[i]! + 1) * classes), i * classes);
  }
  return rows;
}
