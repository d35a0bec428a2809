// Which pictures are so unlike the others that a person should look: placeholders, text, signs, drawings. An outlier test
// on one number per picture, not a face detector.

/** With fewer pictures the components are few, or learn them by heart, and the scores say nothing. */
export const leastForUnlike = 400;
/**
 * Robust standard deviations above the median from which a picture is listed. On FER2013 that is 75 of 30,764 pictures, of
 * which 64 are no photograph of a face; below the threshold faces in hard light soon prevail.
 */
const leastDeviations = 7;
/** The score is this many times the median too: among pictures that are much alike, as drawings, little stands out. */
const leastRatio = 2;
/** Standard deviation of a normal distribution over its median absolute deviation. */
const perMedianDeviation = 1.4826;

/** A picture that stands out. */
interface Unlike {
  image: number;
  score: number;
}

/** What stands out, the strangest first, and from which score on; null where there are too few pictures. */
export interface UnlikeFound {
  threshold: number | null;
  images: Unlike[];
}

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Finds the scores far above the others, by median and median absolute deviation, which outliers don't move (Hampel 1974).
 *
 * @param numbers of the pictures to judge, blank ones left out and one of each set of exact copies.
 * @param scores by picture number.
 */
export function findUnlike(numbers: Int32Array, scores: ArrayLike<number>): UnlikeFound {
  if (numbers.length < leastForUnlike) return { threshold: null, images: [] };
  const sorted = Float64Array.from(numbers, (image) => scores[image]!).sort();
  const middle = median(sorted);
  const deviation = perMedianDeviation * median(sorted.map((score) => Math.abs(score - middle)).sort());
  const threshold = Math.max(middle + leastDeviations * deviation, leastRatio * middle);
  const images: Unlike[] = [];
  for (const image of numbers) {
    const score = scores[image]!;
    if (score > threshold) images.push({ image, score });
  }
  return { threshold, images: images.sort((a, b) => b.score - a.score) };
}
