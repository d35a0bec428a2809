// The pixels of a frame. One canvas serves all frames of a size.

import { keptSize, type RgbImage, toRgb } from '../../src/image/rgb.js';

/** Larger frames are looked at in a smaller size, as `ferlab video` does. */
const mostPixels = 1_300_000;

let canvas: OffscreenCanvas | null = null;

/** The frame's pixels; it is closed. Frames of many pixels come in a smaller size. */
export function framePicture(frame: ImageBitmap): RgbImage {
  const { width, height } = keptSize(frame, mostPixels);
  if (canvas === null || canvas.width !== width || canvas.height !== height)
    canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false })!;
  context.drawImage(frame, 0, 0, width, height);
  frame.close();
  return toRgb(context.getImageData(0, 0, width, height).data, width, height, 4);
}
