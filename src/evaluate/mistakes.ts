// Puts the images beside a list of mistakes, for a contact sheet.

import type { ImageStore } from '../data/store/store.js';
import type { MistakePicture } from '../report/types.js';
import type { Mistake } from '../scores/types.js';

export async function pictureMistakes(
  store: ImageStore,
  mistakes: readonly Mistake[],
): Promise<MistakePicture[]> {
  const indexOf = new Map(store.samples.map(({ file }, i) => [file, i]));
  return Promise.all(
    mistakes.map(async (mistake) => ({
      ...mistake,
      pixels: await store.bytes(indexOf.get(mistake.file)!),
      width: store.width,
      height: store.height,
    })),
  );
}
