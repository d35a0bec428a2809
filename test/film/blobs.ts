// Films for tests without networks: faces are squares of one colour on black, which a detector of a few lines finds, and the
// model tells their expression by their brightness.

import sharp from 'sharp';
import type { FaceDetector } from '../../src/faces/detector.js';
import type { Face } from '../../src/faces/face.js';
import type { Recogniser } from '../../src/faces/recognise.js';
import type { RgbImage } from '../../src/image/rgb.js';
import type { ExpressionModel } from '../../src/predict/model.js';

const side = 60;
/** How much smaller a found box is than its square, at each side. */
const inset = 5;
export const frameSize = { width: 320, height: 240 };

/** A face: the left upper corner; its hue says who it is, its level the expression. */
export interface Blob {
  x: number;
  y: number;
  who: 'red' | 'green' | 'blue';
  level: number;
}

const channelOf = { red: 0, green: 1, blue: 2 } as const;

/** One frame; each square has a pattern, so that it looks like nobody else. */
export function drawBlobs(blobs: readonly Blob[]): RgbImage {
  const { width, height } = frameSize;
  const data = new Uint8Array(width * height * 3);
  for (const { x, y, who, level } of blobs) {
    const channel = channelOf[who];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        const wave = [row, column, row + column][channel]!;
        const at = ((y + row) * width + x + column) * 3;
        data.fill(level - 20 + 20 * Math.sin(wave / 6), at, at + 3);
        data[at + channel] = 255;
      }
    }
  }
  return { ...frameSize, data };
}

/** The squares of an image, by their full channel. */
function findBlobs({ width, height, data }: RgbImage): Face[] {
  const faces: Face[] = [];
  for (const channel of [0, 1, 2]) {
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * 3;
        // Colours of GIF and of films are a little off.
        if (data[at + channel]! < 225 || data[at + ((channel + 1) % 3)]! > 215) continue;
        [left, top, right, bottom] = [
          Math.min(left, x),
          Math.min(top, y),
          Math.max(right, x),
          Math.max(bottom, y),
        ];
      }
    }
    if (right < 0) continue;
    // What a person looks like is taken from a little more than the box, and should be the square's pattern.
    const box = {
      x: left + inset,
      y: top + inset,
      width: right + 1 - left - 2 * inset,
      height: bottom + 1 - top - 2 * inset,
    };
    const at = (dx: number, dy: number) => [box.x + dx * box.width, box.y + dy * box.height] as const;
    faces.push({
      box,
      score: 0.9,
      points: [at(0.3, 0.35), at(0.7, 0.35), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)],
    });
  }
  return faces;
}

export const blobClasses = ['dark', 'light'] as const;

/** Finds squares and says whether they are light; `looked` counts the pictures. */
export function blobRecogniser(looked: RgbImage[] = []): Recogniser<(typeof blobClasses)[number]> {
  const close = async () => {};
  const detector: FaceDetector = {
    name: 'squares',
    detect: async (image) => {
      looked.push(image);
      return findBlobs(image);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  const inputSize = { width: 8, height: 8 };
  const probabilities = async (pixels: Float32Array) => {
    const count = pixels.length / 64;
    return Float32Array.from({ length: 2 * count }, (_, i) => {
      const face = pixels.subarray(Math.floor(i / 2) * 64, (Math.floor(i / 2) + 1) * 64);
      const isLight = face.reduce((sum, value) => sum + value, 0) / 64 > 130;
      return isLight === (i % 2 === 1) ? 0.9 : 0.1;
    });
  };
  const model = {
    ...{ classes: blobClasses, inputSize, metadata: {}, probabilities, logits: probabilities, close },
    ...{ predict: async () => [], [Symbol.asyncDispose]: close },
  };
  return { detector, model: model as unknown as ExpressionModel<(typeof blobClasses)[number]> };
}

/** Frames as an animated GIF. */
export async function blobGif(frames: readonly (readonly Blob[])[], milliseconds = 40): Promise<Buffer> {
  const { width, height } = frameSize;
  const pixels = Buffer.concat(frames.map((blobs) => drawBlobs(blobs).data));
  const raw = { width, height: height * frames.length, channels: 3 as const, pageHeight: height };
  return sharp(pixels, { raw, limitInputPixels: false })
    .gif({ delay: frames.map(() => milliseconds), dither: 0 })
    .toBuffer();
}
