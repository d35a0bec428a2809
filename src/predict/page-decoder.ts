// Decodes images in a page, through the browser. Bundlers that set the condition `browser` lead imports of
// `#image-decoder` here.

import { FerlabError } from '../errors.js';
import { type GrayImage, toGray } from '../image/gray.js';

interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}
interface Canvas {
  getContext(
    kind: '2d',
    settings: { willReadFrequently: boolean },
  ): {
    drawImage(image: Bitmap, x: number, y: number): void;
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  } | null;
}
// Named here, since Node's types lack them.
declare const createImageBitmap: (image: Blob) => Promise<Bitmap>;
declare const OffscreenCanvas: new (width: number, height: number) => Canvas;

/** Larger images are refused: 50 megapixels, as in Node. */
const maxPixels = 50_000_000;

/**
 * Grey pixels of an encoded image at its own size, its EXIF orientation followed. A canvas keeps no colour where an image
 * is wholly transparent: such pixels are black.
 *
 * @throws FerlabError `data` where the browser can't decode it.
 */
export async function decodeGray(bytes: Uint8Array): Promise<GrayImage> {
  let bitmap: Bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  } catch (error) {
    throw new FerlabError('data', 'expected an image that this browser can decode, found other data', {
      cause: error,
    });
  }
  const { width, height } = bitmap;
  try {
    if (width * height > maxPixels) {
      throw new FerlabError(
        'data',
        `expected at most ${maxPixels / 1e6} megapixels, found ${width}x${height}`,
      );
    }
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null)
      throw new FerlabError('data', `expected a canvas of ${width}x${height}, found none`);
    context.drawImage(bitmap, 0, 0);
    return toGray(context.getImageData(0, 0, width, height).data, width, height, 4);
  } finally {
    bitmap.close();
  }
}
