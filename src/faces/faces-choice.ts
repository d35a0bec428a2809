// Whether a picture is searched for faces or is the crop of one, by its size and by what the caller says.

import type { ImageSize } from '../image/size.js';

export const facesChoices = ['auto', 'find', 'crop'] as const;
/** How pictures are taken: `find` looks for faces in all, `crop` takes all whole, `auto` goes by their size. */
export type FacesChoice = (typeof facesChoices)[number];

/**
 * Pictures whose longer side is at most this, in pixels, are taken whole by `auto`: datasets of crops have 48 to 128, and a
 * photograph of that size has hardly a face that is large enough. Larger crops lose little by being searched
 * where a face is found (docs/results/crops.md).
 */
const longestCropSide = 128;

/** Pictures without a face whose longer side is at most this may be crops all the same. */
export const longestLikelyCropSide = 512;

export function isSearched({ width, height }: ImageSize, faces: FacesChoice): boolean {
  return faces === 'find' || (faces === 'auto' && Math.max(width, height) > longestCropSide);
}
