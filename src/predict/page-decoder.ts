// Decodes images in a page, through the browser. Bundlers that set the condition `browser` lead imports of
// `#image-decoder` here.

import { FerlabError } from '../errors.js';
import { type GrayImage, toGray } from '../image/gray.js';
import { keptSize, type Picture, toRgb } from '../image/rgb.js';

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
    imageSmoothingQuality: string;
    drawImage(image: Bitmap, x: number, y: number, width: number, height: number): void;
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  } | null;
}
// Named here, since Node's types lack them.
declare const createImageBitmap: (image: Blob) => Promise<Bitmap>;
declare const OffscreenCanvas: new (width: number, height: number) => Canvas;

/** Larger images are refused: 50 megapixels, and 100 for photographs, as in Node. */
const maxPixels = 50_000_000;
const maxPhotoPixels = 100_000_000;
/** Of larger photographs a smaller picture is made, as in Node. */
const keptPixels = 25_000_000;

/**
 * Grey pixels of an encoded image at its own size, its EXIF orientation followed. A canvas keeps no colour where an image
 * is wholly transparent: such pixels are black.
 *
 * @throws FerlabError `data` where the browser can't decode it.
 */
export async function decodeGray(bytes: Uint8Array): Promise<GrayImage> {
  return withBitmap(bytes, maxPixels, (bitmap) => {
    const { width, height } = bitmap;
    return toGray(pixelsOf(bitmap, width, height), width, height, 4);
  });
}

/** Colours of an encoded photograph, at a smaller size where it has more than 25 megapixels; otherwise as decodeGray. */
export async function decodePicture(bytes: Uint8Array): Promise<Picture> {
  return withBitmap(bytes, maxPhotoPixels, (bitmap) => {
    const { width, height } = bitmap;
    const kept = keptSize({ width, height }, keptPixels);
    const pixels = pixelsOf(bitmap, kept.width, kept.height);
    return { width, height, image: toRgb(pixels, kept.width, kept.height, 4) };
  });
}

async function withBitmap<Image>(
  bytes: Uint8Array,
  most: number,
  read: (bitmap: Bitmap) => Image,
): Promise<Image> {
  let bitmap: Bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  } catch (error) {
    throw new FerlabError('data', 'expected an image that this browser can decode, found other data', {
      cause: error,
    });
  }
  try {
    const { width, height } = bitmap;
    if (width * height <= most) return read(bitmap);
    throw new FerlabError('data', `expected at most ${most / 1e6} megapixels, found ${width}x${height}`);
  } finally {
    bitmap.close();
  }
}

function pixelsOf(bitmap: Bitmap, width: number, height: number): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new FerlabError('data', `expected a canvas of ${width}x${height}, found none`);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
