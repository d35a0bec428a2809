// What cameras and files do to a face: it was small, or it was compressed. Two changes of a grey image in place, for
// augmentation and for measuring robustness. Downscaling shrinks the image and enlarges it again (as in albumentations'
// Downscale). Compression is what JPEG (ITU-T T.81) does to the luminance at a quality of libjpeg's scale: 8x8 blocks,
// cosine transform, quantization by the table of Annex K, and back; coding without loss is left out, since it changes
// no pixel.

import { resizeGray } from './resize.js';

const block = 8;

/** ITU-T T.81, table K.1, row by row. */
// biome-ignore format: rows of the table
const luminanceTable = [
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** The orthonormal cosine transform of eight values (DCT-II), row by row. */
const cosines = Float64Array.from({ length: block * block }, (_, i) => {
  const frequency = Math.floor(i / block);
  const scale = frequency === 0 ? Math.sqrt(1 / block) : Math.sqrt(2 / block);
  return scale * Math.cos(((2 * (i % block) + 1) * frequency * Math.PI) / (2 * block));
});

/** The table at a quality, as libjpeg scales it (jcparam.c, jpeg_quality_scaling). */
function quantization(quality: number): Float64Array {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Float64Array.from(luminanceTable, (base) =>
    Math.min(255, Math.max(1, Math.floor((base * percent + 50) / 100))),
  );
}

/** `C x C'` of a block, or `C' x C` (the inverse), into `result`. */
function transform(
  values: Float64Array,
  result: Float64Array,
  inverse: boolean,
  between: Float64Array,
): void {
  for (let i = 0; i < block; i++) {
    for (let j = 0; j < block; j++) {
      let sum = 0;
      for (let k = 0; k < block; k++) {
        sum += (inverse ? cosines[k * block + i]! : cosines[i * block + k]!) * values[k * block + j]!;
      }
      between[i * block + j] = sum;
    }
  }
  for (let i = 0; i < block; i++) {
    for (let j = 0; j < block; j++) {
      let sum = 0;
      for (let k = 0; k < block; k++) {
        sum += between[i * block + k]! * (inverse ? cosines[k * block + j]! : cosines[j * block + k]!);
      }
      result[i * block + j] = sum;
    }
  }
}

/** A whole level between 0 and 255. */
const level = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

/**
 * Changes grey pixels as saving them as a JPEG file and reading it again does, to within a level of libjpeg.
 *
 * @param pixels levels from 0 to 255, row by row from `offset`; rounded to whole levels, as in a file.
 * @param quality from 1 to 100.
 */
export function compress(
  pixels: Float32Array,
  offset: number,
  width: number,
  height: number,
  quality: number,
): void {
  const table = quantization(quality);
  const values = new Float64Array(block * block);
  const frequencies = new Float64Array(block * block);
  const between = new Float64Array(block * block);
  for (let top = 0; top < height; top += block) {
    for (let left = 0; left < width; left += block) {
      for (let i = 0; i < values.length; i++) {
        // Blocks that reach over the edge repeat it, as libjpeg's.
        const y = Math.min(height - 1, top + Math.floor(i / block));
        const x = Math.min(width - 1, left + (i % block));
        values[i] = level(pixels[offset + y * width + x]!) - 128;
      }
      transform(values, frequencies, false, between);
      for (let i = 0; i < values.length; i++) {
        frequencies[i] = Math.round(frequencies[i]! / table[i]!) * table[i]!;
      }
      transform(frequencies, values, true, between);
      const bottom = Math.min(block, height - top);
      const right = Math.min(block, width - left);
      for (let y = 0; y < bottom; y++) {
        for (let x = 0; x < right; x++) {
          pixels[offset + (top + y) * width + left + x] = level(values[y * block + x]! + 128);
        }
      }
    }
  }
}

/**
 * Shrinks an image by a factor and enlarges it to its size again, so that it looks as a smaller face did.
 *
 * @param pixels levels from 0 to 255, row by row from `offset`; rounded to whole levels.
 * @param factor of both sides, above 0 to 1; a side keeps at least one pixel.
 */
export function downscale(
  pixels: Float32Array,
  offset: number,
  width: number,
  height: number,
  factor: number,
): void {
  const small = (side: number) => Math.max(1, Math.round(side * factor));
  const data = Uint8Array.from(pixels.subarray(offset, offset + width * height), level);
  const shrunk = resizeGray({ width, height, data }, small(width), small(height));
  pixels.set(resizeGray(shrunk, width, height).data, offset);
}
