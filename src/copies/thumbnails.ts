// Small averages of a picture and of its crops, by an integral image (Crow 1984): each pixel of a thumbnail is the exact
// mean over its box, whose edges may lie between pixels.

/** A square part of a picture: `share` of its side, from `left` and `top` (shares of the side, 0 to 1 - share). */
export interface Box {
  share: number;
  left: number;
  top: number;
}

/** The whole picture. */
export const wholePicture: Box = { share: 1, left: 0, top: 0 };

/** Where edge k of `to` equal parts lies among pixels: before pixel `index + part`. */
function edge(start: number, share: number, k: number, to: number, side: number) {
  const place = Math.min(side, (start + (share * k) / to) * side);
  const index = Math.min(side - 1, Math.floor(place));
  return { index, part: place - index };
}

/** Makes thumbnails of `to * to` values from pictures of `side * side`. Holds one picture at a time. */
export class Thumbnailer {
  /** `(side + 1)^2` sums of everything above and left of a pixel's corner. */
  private readonly sums: Float64Array;
  /** The same where the rows of a thumbnail begin and end, `(to + 1) * (side + 1)`. */
  private readonly cut: Float64Array;
  /** And where its columns do, `(to + 1)^2`. */
  private readonly corners: Float64Array;

  constructor(
    readonly side: number,
    readonly to: number,
  ) {
    this.sums = new Float64Array((side + 1) ** 2);
    this.cut = new Float64Array((to + 1) * (side + 1));
    this.corners = new Float64Array((to + 1) ** 2);
  }

  /** Takes the picture that the next thumbnails are of. */
  load(pixels: ArrayLike<number>): void {
    const { side, sums } = this;
    const stride = side + 1;
    for (let y = 0; y < side; y++) {
      let row = 0;
      for (let x = 0; x < side; x++) {
        row += pixels[y * side + x]!;
        sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1]! + row;
      }
    }
  }

  /**
   * Writes the thumbnail of a part of the picture into `target` (`to * to` values, row by row), less its mean and scaled
   * to length 1, so that brightness and contrast don't matter; all zeros for a constant part.
   */
  write(box: Box, target: Float32Array): void {
    this.cutAt(box);
    const { to, corners } = this;
    const stride = to + 1;
    let total = 0;
    let squares = 0;
    for (let y = 0; y < to; y++) {
      for (let x = 0; x < to; x++) {
        const i = y * stride + x;
        const value = corners[i]! - corners[i + 1]! - corners[i + stride]! + corners[i + stride + 1]!;
        target[y * to + x] = value;
        total += value;
        squares += value * value;
      }
    }
    const mean = total / (to * to);
    const variance = squares - total * mean;
    const scale = variance > 1e-9 * squares ? 1 / Math.sqrt(variance) : 0;
    for (let i = 0; i < to * to; i++) target[i] = (target[i]! - mean) * scale;
  }

  private cutAt({ share, left, top }: Box): void {
    const { side, to, sums, cut, corners } = this;
    const stride = side + 1;
    for (let k = 0; k <= to; k++) {
      const { index, part } = edge(top, share, k, to, side);
      for (let x = 0; x <= side; x++) {
        const above = sums[index * stride + x]!;
        cut[k * stride + x] = above + part * (sums[(index + 1) * stride + x]! - above);
      }
    }
    for (let k = 0; k <= to; k++) {
      const { index, part } = edge(left, share, k, to, side);
      for (let y = 0; y <= to; y++) {
        const before = cut[y * stride + index]!;
        corners[y * (to + 1) + k] = before + part * (cut[y * stride + index + 1]! - before);
      }
    }
  }
}
