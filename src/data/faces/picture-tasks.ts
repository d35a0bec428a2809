// What the threads of a store of photographs do: decode files to colours, and halve them.

import { createHash } from 'node:crypto';
import { decodePicture } from '../../decode/decode.js';
import { DecodeError } from '../../decode/decode-error.js';
import { resizeRgb } from '../../image/resize-rgb.js';

export interface PictureTask {
  kind: 'pictures';
  paths: readonly string[];
  /** Pixels that are kept of each. */
  keep: number;
}

/** One photograph at its own size and at halves of it. */
interface DecodedPicture {
  /** Of the file, before it was made smaller. */
  fileWidth: number;
  fileHeight: number;
  /** Largest first: `height * width * 3` values from `offset`. */
  levels: { offset: number; width: number; height: number }[];
  /** SHA-256 of size and pixels, hex. */
  digest: string;
}

export interface PictureResult {
  memory: SharedArrayBuffer;
  /** One for each path: what was decoded, or why it can't be. */
  pictures: (DecodedPicture | { reason: string })[];
}

/** Halves are made until the shorter side would fall below this, in pixels. */
const leastSide = 16;

export async function runPictureTask({ paths, keep }: PictureTask): Promise<PictureResult> {
  const pictures: PictureResult['pictures'] = [];
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const path of paths) {
    try {
      const { width: fileWidth, height: fileHeight, image } = await decodePicture(path, { keep });
      const levels: DecodedPicture['levels'] = [];
      for (let level = image; ; ) {
        levels.push({ offset: bytes, width: level.width, height: level.height });
        parts.push(level.data);
        bytes += level.data.length;
        const [width, height] = [level.width >> 1, level.height >> 1];
        if (Math.min(width, height) < leastSide) break;
        level = resizeRgb(level, width, height);
      }
      const hash = createHash('sha256').update(Uint32Array.of(image.width, image.height)).update(image.data);
      pictures.push({ fileWidth, fileHeight, levels, digest: hash.digest('hex') });
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      pictures.push({ reason: error.reason });
    }
  }
  const memory = new SharedArrayBuffer(bytes);
  const all = new Uint8Array(memory);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return { memory, pictures };
}
