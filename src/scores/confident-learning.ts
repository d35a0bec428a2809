// Confident learning (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels"):
// which labels are likely wrong, and how many of each kind, from predicted probabilities. Pure numbers. It presumes
// that no probability comes from a model that learnt the image's own label; whoever calls it sees to that.

/** What every image is confidently counted as. */
export interface ConfidentClasses {
  /** Per class, the mean probability over the images labelled so; not a number where there are none. */
  thresholds: number[];
  /** Per image, the most probable of the classes that reach their thresholds; -1 where none does. */
  classes: Int32Array;
}

/**
 * Thresholds by class, and the classes that images confidently belong to.
 *
 * @param probabilities `[n, classes]`, row by row, by the labels' numbering.
 * @param labels of the n images.
 */
export function confidentClasses(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): ConfidentClasses {
  const sums = new Float64Array(classes);
  const counts = new Int32Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    sums[label]! += probabilities[i * classes + label]!;
    counts[label]!++;
  }
  const thresholds = Array.from(sums, (sum, label) => sum / counts[label]!);
  const found = new Int32Array(labels.length).fill(-1);
  for (let i = 0; i < labels.length; i++) {
    const of = (label: number) => probabilities[i * classes + label]!;
    for (let label = 0; label < classes; label++) {
      if (of(label) >= thresholds[label]! && (found[i]! < 0 || of(label) > of(found[i]!))) found[i] = label;
    }
  }
  return { thresholds, classes: found };
}

/**
 * The confident joint: entry `[given][j]` counts the images labelled `given` that are confidently class j. Images
 * without a confident class aren't counted.
 */
export function confidentJoint(
  labels: ArrayLike<number>,
  confident: ArrayLike<number>,
  classes: number,
): number[][] {
  const joint = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) if (confident[i]! >= 0) joint[labels[i]!]![confident[i]!]!++;
  return joint;
}

/**
 * How many images of each given label truly belong to each class, estimated: the confident joint with every row scaled
 * to the number of images labelled so (the paper's equation 3, times the number of images). A row without a confident
 * image says nothing; its labels are taken as right.
 *
 * @param joint as confidentJoint returns it.
 * @param counts images by given label.
 */
export function estimateTrueCounts(
  joint: readonly (readonly number[])[],
  counts: ArrayLike<number>,
): number[][] {
  return joint.map((row, given) => {
    const sum = row.reduce((total, count) => total + count, 0);
    return row.map((count, j) =>
      sum > 0 ? (count / sum) * counts[given]! : j === given ? counts[given]! : 0,
    );
  });
}

/**
 * Normalised margin between a label and the class suggested in its place, 0 (the label is impossible, the suggestion
 * certain) to 1: the smaller, the likelier the label is wrong.
 */
export function normalisedMargin(labelProbability: number, suggestedProbability: number): number {
  return (1 + labelProbability - suggestedProbability) / 2;
}
