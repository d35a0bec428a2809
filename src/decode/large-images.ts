// Large images take turns, so that their memory is that of one at a time: decoded, a photograph of 12 megapixels takes
// 36 MB in colour and 12 MB in grey. Small ones go side by side.

/** Images of more pixels are large. */
const largestSmall = 2_000_000;

/** Files whose size in pixels isn't known are large from so many bytes on. */
const largestSmallFile = 100_000;

let turn: Promise<unknown> = Promise.resolve();

/**
 * Does the work at once for small images, and after that of earlier ones for large ones.
 *
 * @param image.pixels its number; null where it isn't known.
 * @param image.bytes of the file.
 */
export function inTurn<Result>(
  image: { pixels: number | null; bytes: number },
  work: () => Promise<Result>,
): Promise<Result> {
  const { pixels, bytes } = image;
  if (pixels === null ? bytes <= largestSmallFile : pixels <= largestSmall) return work();
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}
