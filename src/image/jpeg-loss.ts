// What JPEG takes away from a grey image, without writing a file: the rounding of its 8x8 cosine coefficients, which is
// all of a JPEG's loss (what follows it, Huffman coding, loses nothing). ITU-T T.81: the transform of A.3.3, the
// quantization table K.1; qualities are scaled as by the Independent JPEG Group's library, which most programs follow.

/** Table K.1, luminance, row by row. */
const luminance = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/** `basis[u * 8 + x]`: C(u) / 2 cos((2x + 1) u pi / 16). */
const basis = Float64Array.from({ length: 64 }, (_, i) => {
  const u = i >> 3;
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * (i & 7) + 1) * u * Math.PI) / 16);
});

/** The quantization table of a quality from 1 to 100. */
export function luminanceTable(quality: number): number[] {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return luminance.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))));
}

/** Multiplies the rows of a block by the cosines, or back; the result is transposed, so that a second call does the columns. */
function transform(block: Float64Array, inverse: boolean, out: Float64Array): void {
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      let sum = 0;
      for (let k = 0; k < 8; k++)
        sum += block[row * 8 + k]! * basis[inverse ? k * 8 + column : column * 8 + k]!;
      out[column * 8 + row] = sum;
    }
  }
}

/**
 * The image after a JPEG of this quality was written and read.
 *
 * @param pixels `height * width` grey values from 0 to 255, row by row; not changed.
 * @param quality a whole number from 1 to 100.
 * @returns new memory, whole levels. A decoder with another inverse transform differs by a level here and there.
 */
export function throughJpeg(pixels: Uint8Array, width: number, height: number, quality: number): Uint8Array {
  const table = luminanceTable(quality);
  const result = new Uint8Array(width * height);
  const [block, other] = [new Float64Array(64), new Float64Array(64)];
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      // Blocks that reach outside are filled with the last row and column.
      for (let i = 0; i < 64; i++) {
        const y = Math.min(height - 1, top + (i >> 3));
        block[i] = pixels[y * width + Math.min(width - 1, left + (i & 7))]! - 128;
      }
      transform(block, false, other);
      transform(other, false, block);
      for (let i = 0; i < 64; i++) block[i] = Math.round(block[i]! / table[i]!) * table[i]!;
      transform(block, true, other);
      transform(other, true, block);
      for (let y = top; y < Math.min(height, top + 8); y++) {
        for (let x = left; x < Math.min(width, left + 8); x++) {
          const level = Math.round(block[(y - top) * 8 + x - left]! + 128);
          result[y * width + x] = Math.min(255, Math.max(0, level));
        }
      }
    }
  }
  return result;
}
