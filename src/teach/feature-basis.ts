// The form in which features are learnt from. A dense layer on features that differ widely in size learns badly, so each is
// shifted and scaled to a mean of 0 and a deviation of 1 over the training samples. Where a channel has four values, of the
// quarters of the image, they become their mean and three differences (a Haar basis): what the face shows as a whole, which
// the network was trained for, and where it shows that. The differences are scaled down, so that they are used as far as
// the mean doesn't suffice.
//
// All of it is linear: a layer that was trained in this form is folded into one on the features as they are.

/** Deviation of the differences. */
const differenceScale = 0.5;
/** Added to deviations: features that hardly vary aren't blown up. */
const steadying = 1e-3;
/** Signs of mean, right less left, lower less upper, and the diagonal, over the quarters (row by row). */
const signs = [
  [1, 1, 1, 1],
  [1, -1, 1, -1],
  [1, 1, -1, -1],
  [1, -1, -1, 1],
] as const;

/** A dense layer: [size, classes], row by row, and [classes]. */
export interface DenseWeights {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

export class FeatureBasis {
  private constructor(
    private readonly cells: 1 | 4,
    private readonly means: Float64Array,
    /** What each coordinate is multiplied by. */
    private readonly scales: Float64Array,
  ) {}

  /**
   * @param features [n, size], n >= 1.
   * @param cells values of a channel, side by side: 1, or 4 quarters.
   */
  static fit(features: Float32Array, size: number, cells: 1 | 4): FeatureBasis {
    const turned = turn(features, cells);
    const count = features.length / size;
    const means = new Float64Array(size);
    const scales = new Float64Array(size);
    turned.forEach((value, i) => {
      means[i % size]! += value / count;
    });
    turned.forEach((value, i) => {
      scales[i % size]! += (value - means[i % size]!) ** 2 / count;
    });
    for (let i = 0; i < size; i++)
      scales[i] = (i % cells === 0 ? 1 : differenceScale) / (Math.sqrt(scales[i]!) + steadying);
    return new FeatureBasis(cells, means, scales);
  }

  /** Features [n, size] in this form. */
  apply(features: Float32Array): Float32Array {
    const { means, scales } = this;
    const size = means.length;
    return turn(features, this.cells).map((value, i) => (value - means[i % size]!) * scales[i % size]!);
  }

  /** The layer on features as they are that gives what `weights` gives on them in this form. */
  fold({ kernel, bias }: DenseWeights): DenseWeights {
    const { means, scales, cells } = this;
    const classes = bias.length;
    const folded = new Float64Array(kernel.length);
    const shifted = Float64Array.from(bias);
    for (let i = 0; i < means.length; i++) {
      const start = i - (i % cells);
      for (let k = 0; k < classes; k++) {
        const weight = kernel[i * classes + k]! * scales[i]!;
        shifted[k]! -= weight * means[i]!;
        for (let cell = 0; cell < cells; cell++)
          folded[(start + cell) * classes + k]! += weight * coefficient(cells, i - start, cell);
      }
    }
    return { kernel: Float32Array.from(folded), bias: Float32Array.from(shifted) };
  }
}

const coefficient = (cells: 1 | 4, row: number, cell: number): number =>
  cells === 1 ? 1 : signs[row]![cell]! / 4;

function turn(features: Float32Array, cells: 1 | 4): Float32Array {
  if (cells === 1) return features;
  const turned = new Float32Array(features.length);
  for (let i = 0; i < features.length; i += 4)
    for (let row = 0; row < 4; row++) {
      let sum = 0;
      for (let cell = 0; cell < 4; cell++) sum += features[i + cell]! * coefficient(4, row, cell);
      turned[i + row] = sum;
    }
  return turned;
}
