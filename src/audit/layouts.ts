// Recognises published arrangements of FER2013 by their numbers of images, and says what scores on them mean.
// Numbers: Goodfellow et al. 2013 ("Challenges in Representation Learning") and the folders that are passed around.

import type { KnownLayout } from './types.js';

/** A split's images, all and by class; those whose label can't be read are of no class. */
interface Counts {
  images: number;
  perClass: readonly number[];
}

const training = 28_709;
const half = 3_589;
const merged = 7_178;
const kaggle = { train: 28_821, validation: 7_066 };
/** Images by class, rising: they distinguish the two test sets of equal size. */
const publicTest = [56, 415, 467, 496, 607, 653, 895];
const privateTest = [55, 416, 491, 528, 594, 626, 879];

const published =
  'Published scores are on PrivateTest: 65 +- 5 for people, 71.2% for the winner of the challenge (Tang 2013), about 73% ' +
  'for single networks without other data.';

const whole: KnownLayout = {
  name: 'FER2013, official',
  description: '28,709 Training, 3,589 PublicTest and 3,589 PrivateTest images, as in the challenge.',
  comparable: `A score on PrivateTest compares with published ones, where every choice was made on PublicTest. ${published}`,
  notComparable:
    'A score on PublicTest, on which epochs and settings are chosen, is no PrivateTest score: the two differ by a point or two.',
};

const withPublicTest: KnownLayout = {
  name: 'FER2013, official Training and PublicTest',
  description: '28,709 Training and 3,589 PublicTest images; PrivateTest is not here.',
  comparable: 'A score here compares with scores on PublicTest, which are published as validation accuracy.',
  notComparable: `It is no PrivateTest score: the two differ by a point or two. ${published}`,
};

const withPrivateTest: KnownLayout = {
  name: 'FER2013, official Training and PrivateTest',
  description: '28,709 Training and 3,589 PrivateTest images; PublicTest is not here.',
  comparable: `A score here compares with published ones if nothing at all was chosen by it. ${published}`,
  notComparable:
    'A score of the best epoch or setting here was chosen on the test set, and is too high. Set images of the training ' +
    'split aside to choose by.',
};

const withEither: KnownLayout = {
  name: 'FER2013, official Training and one of the two test sets',
  description: '28,709 training images and 3,589 others, which may be PublicTest or PrivateTest.',
  comparable: 'Scores on the same one of the two test sets; find out which it is.',
  notComparable:
    'Scores on the other. If it is PrivateTest, a score of the best epoch here was chosen on the test set.',
};

const mergedTest: KnownLayout = {
  name: 'FER2013 with merged test sets',
  description: '28,709 Training images, and PublicTest and PrivateTest merged into one split of 7,178.',
  comparable: 'Scores on the same 7,178 images.',
  notComparable:
    'It is no PrivateTest score: half of these images are PublicTest. A score of the best epoch here was chosen on test ' +
    `images. ${published}`,
};

const resplit: KnownLayout = {
  name: 'FER2013, re-split on Kaggle',
  description:
    '28,821 training and 7,066 validation images ("face-expression-recognition-dataset"): official training and test ' +
    'images, mixed and divided anew.',
  comparable: 'Scores on the same 7,066 images.',
  notComparable:
    'It is no PrivateTest score, and a model trained on this split has seen official test images, so that it can have ' +
    `none. ${published}`,
};

/**
 * @param splits the training split first, then the others in any order; images that can't be used are counted too.
 * @returns null where the numbers are of none that is known.
 */
export function recogniseLayout(splits: readonly Counts[]): KnownLayout | null {
  const [train, ...others] = splits;
  const sizes = others.map(({ images }) => images).sort((a, b) => a - b);
  const are = (...expected: number[]) => sizes.join() === expected.join();
  if (train?.images === kaggle.train && are(kaggle.validation)) return resplit;
  if (train?.images !== training) return null;
  if (are(half, half)) return whole;
  if (are(merged)) return mergedTest;
  if (!are(half)) return null;
  const perClass = [...others[0]!.perClass].sort((a, b) => a - b);
  const [isPublic, isPrivate] = [publicTest, privateTest].map((known) => fits(perClass, known));
  if (isPublic === isPrivate) return withEither;
  return isPublic ? withPublicTest : withPrivateTest;
}

/** Whether counts, rising, are those that are known, less images of no class; their sums with these are equal. */
function fits(found: readonly number[], known: readonly number[]): boolean {
  return found.length === known.length && found.every((count, k) => count <= known[k]!);
}
