// What all detectors share: options and their defaults, turns of the picture, which faces are left out, closing.

import { checkOptions } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { turnRgb } from '../image/cut-rgb.js';
import type { RgbImage } from '../image/rgb.js';
import { suppress } from './boxes.js';
import { type DetectOptions, defaultMinFace, detectRules, type FaceDetector } from './detector.js';
import type { Box, Face, FacePoints, Point } from './face.js';

/** What is looked for in a picture. */
export interface Search {
  threshold: number;
  /** The longer side, in pixels of the picture. */
  minFace: number;
}

/** A detector's own part: the faces of a picture as it lies. */
export interface Finder {
  /** In any order, each face once, none of a lower score than the threshold. */
  find(image: RgbImage, search: Search): Promise<Face[]>;
  close(): Promise<void>;
}

/** Faces of several turns that overlap by more are one: boxes of turned faces fit less well. */
const sameFaceTurned = 0.3;

/**
 * A picture in which nothing was found is searched once more for faces of at least so much of its longer side: of 253 tight
 * crops of 256x256 the first search misses 18, and the second finds all of those; in 257 photographs without faces it finds
 * none. It sees the picture so small that it takes a millisecond.
 */
const fillsFrom = 0.35;

/**
 * A detector from its own part.
 *
 * @param threshold where the caller gives none.
 */
export function detectorOf(finder: Finder, name: string, threshold: number): FaceDetector {
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= Promise.allSettled([...running]).then(() => finder.close());
    return closing;
  };
  return {
    name,
    async detect(image, options = {}) {
      checkOptions('detect', options, detectRules);
      if (closing !== null)
        throw new FerlabError(
          'usage',
          `${name}: expected an open detector, found one that was closed. Open it again.`,
        );
      const result = findFacesOf(finder, image, options, threshold);
      running.add(result);
      try {
        return await result;
      } finally {
        running.delete(result);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function findFacesOf(
  finder: Finder,
  image: RgbImage,
  options: DetectOptions,
  defaultThreshold: number,
): Promise<Face[]> {
  const { threshold = defaultThreshold, minFace = defaultMinFace, maxFaces, rotations = false } = options;
  let faces = await finder.find(image, { threshold, minFace });
  // A face that fills the picture is too large for every look that shows it as it is: from farther away it is seen.
  const fills = fillsFrom * Math.max(image.width, image.height);
  if (faces.length === 0 && minFace < fills) faces = await finder.find(image, { threshold, minFace: fills });
  if (rotations) {
    for (const turns of [1, 2, 3] as const) {
      const turned = await finder.find(turnRgb(image, turns), { threshold, minFace });
      faces.push(...turned.map((face) => turnedBack(face, turns, image)));
    }
    faces = suppress(faces, sameFaceTurned);
  }
  return faces
    .filter(({ box }) => Math.max(box.width, box.height) >= minFace)
    .sort((a, b) => b.score - a.score || a.box.y - b.box.y || a.box.x - b.box.x)
    .slice(0, maxFaces);
}

/**
 * A face of the picture turned clockwise, in the picture itself. Its points keep their order: the left eye is the left one
 * of the face as it was seen upright.
 */
function turnedBack(face: Face, turns: 1 | 2 | 3, { width, height }: RgbImage): Face {
  const place = ([x, y]: Point): Point => {
    if (turns === 1) return [y, height - x];
    return turns === 2 ? [width - x, height - y] : [width - y, x];
  };
  const { box } = face;
  const corners = [place([box.x, box.y]), place([box.x + box.width, box.y + box.height])];
  const [x, y] = [0, 1].map((i) => Math.min(...corners.map((corner) => corner[i]!))) as [number, number];
  const upright: Box =
    turns === 2
      ? { x, y, width: box.width, height: box.height }
      : { x, y, width: box.height, height: box.width };
  return { box: upright, score: face.score, points: face.points.map(place) as unknown as FacePoints };
}
