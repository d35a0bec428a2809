// Occlusion (Zeiler and Fergus 2014): a grey patch hides one place of the image after the other, and the map says by how much
// the probability of the class falls. It asks the model alone, and so explains any.

/** Side of the patch and step between patches, in shares of the image's side. */
const patchShare = 1 / 4;
const stepShare = 1 / 12;

interface Size {
  width: number;
  height: number;
}

/** Left or upper ends of patches along an axis: regular, the last at the far end. */
function starts(length: number, patch: number): number[] {
  const step = Math.max(1, Math.round(length * stepShare));
  const found: number[] = [];
  for (let at = 0; at < length - patch; at += step) found.push(at);
  return [...found, length - patch];
}

/**
 * For one image: the mean fall of a class's probability, from -1 to 1, over the patches that hide a pixel.
 *
 * @param pixels `height * width` grey values, 0 to 255. A patch has their mean.
 * @param probabilities asks the model about images [n, 1, height, width]; gives [n, classes].
 * @param batch images per call.
 */
export async function occlusionMap(
  pixels: Float32Array,
  { width, height }: Size,
  {
    probabilities,
    classes,
    expression,
    batch,
  }: {
    probabilities: (pixels: Float32Array) => Promise<Float32Array>;
    classes: number;
    expression: number;
    batch: number;
  },
): Promise<Float32Array> {
  const patch = {
    width: Math.max(1, Math.round(width * patchShare)),
    height: Math.max(1, Math.round(height * patchShare)),
  };
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const places = starts(height, patch.height).flatMap((top) =>
    starts(width, patch.width).map((left) => ({ left, top })),
  );
  const whole = (await probabilities(pixels))[expression]!;
  const sums = new Float64Array(pixels.length);
  const counts = new Uint32Array(pixels.length);
  for (let first = 0; first < places.length; first += batch) {
    const part = places.slice(first, first + batch);
    const hidden = new Float32Array(part.length * pixels.length);
    part.forEach((place, i) => {
      const copy = hidden.subarray(i * pixels.length, (i + 1) * pixels.length);
      copy.set(pixels);
      for (const at of rowsOf(place, patch, width)) copy.fill(mean, at, at + patch.width);
    });
    const answers = await probabilities(hidden);
    part.forEach((place, i) => {
      const fall = whole - answers[i * classes + expression]!;
      for (const at of rowsOf(place, patch, width)) {
        for (let k = at; k < at + patch.width; k++) {
          sums[k]! += fall;
          counts[k]!++;
        }
      }
    });
  }
  return Float32Array.from(sums, (sum, i) => sum / counts[i]!);
}

/** Where the rows of a patch begin. */
function rowsOf({ left, top }: { left: number; top: number }, patch: Size, width: number): number[] {
  return Array.from({ length: patch.height }, (_, y) => (top + y) * width + left);
}
