// What a model takes as an image: pixels in memory, or the bytes of an encoded image, which a decoder turns into pixels.
// In Node that decoder is that of image files; in a page it is the browser's (`#image-decoder` of package.json).

import { show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { type GrayImage, toGray } from '../image/gray.js';
import { type Picture, toRgb } from '../image/rgb.js';

/** Pixels in memory: ImageData of a canvas, a decoder's raw output, a grey image. */
export interface PixelImage {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** `height * width * channels` values from 0 to 255, row by row, the channels of a pixel side by side. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /**
   * 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha is ignored. Default: 1, 3 or 4, by the number of values; two
   * values per pixel may be other things, and have to be stated.
   */
  readonly channels?: 1 | 2 | 3 | 4 | undefined;
}

/**
 * The bytes of an image file: JPEG, PNG, WebP, GIF (its first frame), TIFF (its first page) or BMP in Node, and what the
 * browser reads in a page. The orientation that EXIF states is followed.
 */
export type EncodedImage = Uint8Array | ArrayBuffer | Blob;

export type ImageInput = PixelImage | EncodedImage;

/**
 * An image as grey pixels, at its own size.
 *
 * @param where names the image in messages.
 * @throws FerlabError `usage` where it isn't an image or its number of values doesn't fit its size; `data` where encoded
 *   bytes can't be decoded.
 */
export async function readImage(image: ImageInput, where: string): Promise<GrayImage> {
  const bytes = await encodedBytes(image);
  if (bytes !== null) return decoded(where, async () => (await import('#image-decoder')).decodeGray(bytes));
  const { data, width, height, channels } = checkPixels(image, where);
  return toGray(data, width, height, channels);
}

/**
 * An image in colour; encoded ones of more than 25 megapixels at a smaller size. Otherwise as readImage.
 */
export async function readPicture(image: ImageInput, where: string): Promise<Picture> {
  const bytes = await encodedBytes(image);
  if (bytes !== null)
    return decoded(where, async () => (await import('#image-decoder')).decodePicture(bytes));
  const { data, width, height, channels } = checkPixels(image, where);
  return { width, height, image: toRgb(data, width, height, channels) };
}

async function decoded<Image>(where: string, decode: () => Promise<Image>): Promise<Image> {
  try {
    return await decode();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FerlabError('data', `${where}: ${reason}`, { cause: error });
  }
}

async function encodedBytes(image: unknown): Promise<Uint8Array | null> {
  if (image instanceof Uint8Array) return image;
  if (image instanceof ArrayBuffer) return new Uint8Array(image);
  if (typeof Blob !== 'undefined' && image instanceof Blob) return new Uint8Array(await image.arrayBuffer());
  return null;
}

const forms =
  '{ width, height, data } with values from 0 to 255, or the bytes of an encoded image (Uint8Array, ArrayBuffer, Blob)';

function checkPixels(image: unknown, where: string): Required<PixelImage> & { channels: 1 | 2 | 3 | 4 } {
  if (typeof image !== 'object' || image === null || !('data' in image)) {
    const advice = typeof image === 'string' ? ' For files, use predictFiles.' : '';
    throw new FerlabError('usage', `${where}: expected ${forms}; got ${show(image)}.${advice}`);
  }
  const { width, height, data, channels } = image as Record<keyof PixelImage, unknown>;
  for (const [name, side] of Object.entries({ width, height })) {
    if (Number.isSafeInteger(side) && Number(side) > 0) continue;
    throw new FerlabError('usage', `${where}: ${name}: expected a whole number above 0, got ${show(side)}.`);
  }
  if (!(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) {
    throw new FerlabError(
      'usage',
      `${where}: data: expected a Uint8Array or Uint8ClampedArray with values from 0 to 255, got ${show(data)}. Convert ` +
        'other values first: those from 0 to 1 times 255.',
    );
  }
  const found = channelsOf(Number(width) * Number(height), data.length, channels);
  if (found !== null) return { data, width: Number(width), height: Number(height), channels: found };
  throw wrongLength(where, image as PixelImage);
}

/** Null where the number of values doesn't fit. */
function channelsOf(pixels: number, values: number, channels: unknown): 1 | 2 | 3 | 4 | null {
  const count = values / pixels;
  const allowed = channels === undefined ? [1, 3, 4] : [channels];
  return [1, 2, 3, 4].includes(count) && allowed.includes(count) ? (count as 1 | 2 | 3 | 4) : null;
}

function wrongLength(where: string, { width, height, data, channels }: PixelImage): FerlabError {
  const size = `${width} x ${height}`;
  const pixels = width * height;
  if (channels !== undefined) {
    const known = [1, 2, 3, 4].includes(channels);
    return new FerlabError(
      'usage',
      known
        ? `${where}: expected ${size} x ${channels} channels = ${pixels * channels} values, got ${data.length}. Give the ` +
            'pixels of the whole image, and the channels that they have.'
        : `${where}: channels: expected 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGB and alpha), got ${show(channels)}.`,
    );
  }
  return new FerlabError(
    'usage',
    `${where}: expected ${size} = ${pixels} grey values, ${pixels * 3} of RGB or ${pixels * 4} of RGB and alpha; got ` +
      `${data.length}. Give the pixels of the whole image, with the width and height that they have` +
      (data.length === pixels * 2 ? '; for grey and alpha, add channels: 2.' : '.'),
  );
}
