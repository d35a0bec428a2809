// Views of images for test-time augmentation: pure pixel code. test-time.ts uses them.
//
// Ten crops (Krizhevsky, Sutskever and Hinton 2012) are the centre and the four corners, each with its mirror image. A
// model trained on crops cuts the centre out of its input by itself, so that shifting the image by the margin around
// that centre makes it cut a corner instead; what the shift brings in from outside is cut away.

import { checkArgument, type OptionRule, oneOf, wholeNumber } from '../check-options.js';
import { FerlabError } from '../errors.js';

export const testTimeKinds = ['none', 'flip', 'ten-crop'] as const;
/** `flip`: the image and its mirror image; `ten-crop`: five crops and their mirror images. */
export type TestTimeKind = (typeof testTimeKinds)[number];

/** Pixels on each side of the centre that a model cuts out of its input. */
export interface CropMargin {
  x: number;
  y: number;
}

/** How far the image's content moves, right and down, for each of five crops: centre, then the corners. */
const crops = [
  [0, 0],
  [1, 1],
  [-1, 1],
  [1, -1],
  [-1, -1],
] as const;

/** Images with their content moved right and down, edges repeated, and then mirrored. */
function moved(
  pixels: Float32Array,
  width: number,
  height: number,
  [right, down]: readonly [number, number],
  mirror: boolean,
): Float32Array {
  const result = new Float32Array(pixels.length);
  const clamp = (value: number, last: number) => Math.min(last, Math.max(0, value));
  const columns = Int32Array.from({ length: width }, (_, x) =>
    clamp((mirror ? width - 1 - x : x) - right, width - 1),
  );
  const size = width * height;
  for (let start = 0; start < pixels.length; start += size) {
    for (let y = 0; y < height; y++) {
      const from = start + clamp(y - down, height - 1) * width;
      const to = start + y * width;
      for (let x = 0; x < width; x++) result[to + x] = pixels[from + columns[x]!]!;
    }
  }
  return result;
}

const floats: OptionRule = {
  expected: 'a Float32Array',
  accepts: (value) => value instanceof Float32Array,
};
const side = wholeNumber(1, 65_535);
const marginRule: OptionRule = {
  expected: 'a margin, with x and y in whole pixels',
  accepts: (value) => {
    const { x, y } = (value ?? {}) as Partial<CropMargin>;
    return Number.isInteger(x) && Number.isInteger(y);
  },
};

/**
 * The views of a batch of grey images [n, 1, height, width], each a batch of the same shape. The first is the batch
 * itself.
 *
 * @param margin of the model's crop, in whole pixels; for `ten-crop` alone.
 * @throws FerlabError `usage` for arguments of another form, and pixels that aren't those of whole images.
 */
export function testTimeViews(
  pixels: Float32Array,
  width: number,
  height: number,
  kind: TestTimeKind,
  margin: CropMargin,
): Float32Array[] {
  checkArgument('testTimeViews: pixels', pixels, floats);
  checkArgument('testTimeViews: width', width, side);
  checkArgument('testTimeViews: height', height, side);
  checkArgument('testTimeViews: kind', kind, oneOf(testTimeKinds));
  if (pixels.length % (width * height) !== 0) {
    throw new FerlabError(
      'usage',
      `testTimeViews: pixels: expected those of whole images, ${width} x ${height} = ${width * height} each; got ${pixels.length}.`,
    );
  }
  if (kind === 'none') return [pixels];
  checkArgument('testTimeViews: margin', margin, marginRule);
  const shifts = kind === 'flip' ? crops.slice(0, 1) : crops;
  const view = (mirror: boolean) =>
    shifts.map(([right, down], i) =>
      i === 0 && !mirror ? pixels : moved(pixels, width, height, [right * margin.x, down * margin.y], mirror),
    );
  return [...view(false), ...view(true)];
}
