// Names of emotions, as datasets have them.

/**
 * Class names by the number in the `emotion` column of fer2013.csv, from the challenge's description; 7 is the eighth of
 * files in the same form that have one, such as CK+ and FER+.
 */
export const ferEmotions = [
  'angry',
  'disgust',
  'fear',
  'happy',
  'sad',
  'surprise',
  'neutral',
  'contempt',
] as const;

export type FerEmotion = (typeof ferEmotions)[number];

/** Other forms of the same words. */
const forms: Readonly<Record<FerEmotion, readonly string[]>> = {
  angry: ['anger'],
  disgust: ['disgusted'],
  fear: ['fearful'],
  happy: ['happiness'],
  sad: ['sadness'],
  surprise: ['surprised'],
  neutral: ['neutrality'],
  contempt: ['contemptuous'],
};

/** Words for much the same, by which folders of expressions are recognised; they are classes of their own. */
const related: ReadonlySet<string> = new Set(
  'joy joyful smile smiling calm afraid scared mad excited bored confused pain tired crying laughing'.split(
    ' ',
  ),
);

/** The emotion of a word in any of its forms; null for other words. */
export function emotionOf(word: string): FerEmotion | null {
  const lower = word.trim().toLowerCase();
  return ferEmotions.find((name) => name === lower || forms[name].includes(lower)) ?? null;
}

/** Whether a folder of this name is likely to hold the images of one expression: `happy`, `Anger`, `04_sad`. */
export function isExpressionName(name: string): boolean {
  return name.split(/[^A-Za-z]+/).some((word) => emotionOf(word) !== null || related.has(word.toLowerCase()));
}
