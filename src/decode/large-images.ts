// Large images take turns, so that their memory is that of one at a time: decoded, a photograph of 12 megapixels takes
// 36 MB in colour and 12 MB in grey. Small ones go side by side. Of several threads that decode, one takes the large
// images; in the others they are left to it. A turn for all threads wouldn't do: what the garbage collector hasn't
// taken away yet, some 100 MB, would lie in each of them.

/** Images of more pixels are large. */
const largestSmall = 2_000_000;

/** Files whose size in pixels isn't known are large from so many bytes on. */
const largestSmallFile = 100_000;

let turn: Promise<unknown> = Promise.resolve();
let leavesLarge = false;

/** Thrown instead of decoding a large image in a thread that leaves them to another. */
export class LargeImageLeft extends Error {}

/** From now on large images aren't decoded in this thread. */
export function leaveLargeImages(): void {
  leavesLarge = true;
}

/** Whether an image is large. */
export function isLarge(pixels: number): boolean {
  return pixels > largestSmall;
}

/**
 * Does the work at once for small images, and after that of earlier ones for large ones.
 *
 * @param image.pixels its number; null where it isn't known.
 * @param image.bytes of the file.
 * @throws LargeImageLeft for large images, where this thread leaves them.
 */
export function inTurn<Result>(
  image: { pixels: number | null; bytes: number },
  work: () => Promise<Result>,
): Promise<Result> {
  const { pixels, bytes } = image;
  if (pixels === null ? bytes <= largestSmallFile : !isLarge(pixels)) return work();
  if (leavesLarge) return Promise.reject(new LargeImageLeft());
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}
