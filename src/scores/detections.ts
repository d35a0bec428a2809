// Average precision of found faces: how many of what was found are faces, at every recall, in one number.

import { area, intersection, overlap } from '../faces/boxes.js';
import type { Box } from '../faces/face.js';

/** One picture: what was labelled and what was found. */
export interface ScoredPicture {
  readonly faces: readonly Box[];
  /** Where something found counts neither for nor against: unlabelled faces may be there. */
  readonly ignore: readonly Box[];
  readonly found: readonly { readonly box: Box; readonly score: number }[];
}

export interface DetectionScores {
  /** Area below the precision over recall, from 0 to 1; precision at a recall is the best at that recall or a higher one. */
  averagePrecision: number;
  /** Of labelled faces that count, those found with any score. */
  recall: number;
  /** Labelled faces that count. */
  faces: number;
  /** By falling score, for every detection that counts: its score, and what holds at that threshold. */
  curve: { score: number; precision: number; recall: number }[];
}

export interface DetectionScoreOptions {
  /** Intersection over union from which a found box is the labelled one. Default: 0.5. */
  iou?: number;
  /** Labelled faces whose longer side is smaller count neither for nor against, in pixels. Default: 20. */
  minFace?: number;
}

const longer = ({ width, height }: Box): number => Math.max(width, height);

/** Whether a face was found (true), something that isn't one (false), or what doesn't count (null). */
function judge(picture: ScoredPicture, iou: number, minFace: number): { score: number; right: boolean }[] {
  const { faces, ignore } = picture;
  const taken = faces.map(() => false);
  const found = picture.found.map((detection, place) => ({ ...detection, place }));
  found.sort((a, b) => b.score - a.score || a.place - b.place);
  const judged: { score: number; right: boolean }[] = [];
  for (const { box, score } of found) {
    let best = -1;
    let bestOverlap = iou;
    faces.forEach((face, i) => {
      const shared = taken[i] ? 0 : overlap(box, face);
      // A face that counts goes before a small one, as in COCO's rules.
      const better = best >= 0 && longer(faces[best]!) < minFace && longer(face) >= minFace && shared >= iou;
      if ((shared >= bestOverlap && (best < 0 || longer(face) >= minFace)) || better)
        [best, bestOverlap] = [i, shared];
    });
    if (best >= 0) {
      taken[best] = true;
      if (longer(faces[best]!) >= minFace) judged.push({ score, right: true });
    } else if (
      longer(box) >= minFace &&
      !ignore.some((region) => intersection(box, region) >= 0.5 * area(box))
    ) {
      judged.push({ score, right: false });
    }
  }
  return judged;
}

/**
 * Scores what was found in pictures, over all of them. Within a picture the highest score chooses first, and takes the
 * labelled face that it overlaps most; a face is found once, and what finds it again counts against. What is found half or
 * more within an ignored region, or smaller than `minFace`, doesn't count unless it is a labelled face.
 */
export function scoreDetections(
  pictures: Iterable<ScoredPicture>,
  { iou = 0.5, minFace = 20 }: DetectionScoreOptions = {},
): DetectionScores {
  let faces = 0;
  const judged: { score: number; right: boolean }[] = [];
  for (const picture of pictures) {
    faces += picture.faces.filter((face) => longer(face) >= minFace).length;
    judged.push(...judge(picture, iou, minFace));
  }
  judged.sort((a, b) => b.score - a.score);
  let right = 0;
  const curve = judged.map((detection, i) => {
    if (detection.right) right++;
    return { score: detection.score, precision: right / (i + 1), recall: faces === 0 ? 0 : right / faces };
  });
  let averagePrecision = 0;
  let precision = 0;
  for (let i = curve.length - 1; i >= 0; i--) {
    precision = Math.max(precision, curve[i]!.precision);
    averagePrecision += precision * (curve[i]!.recall - (curve[i - 1]?.recall ?? 0));
  }
  return { averagePrecision, recall: faces === 0 ? 0 : right / faces, faces, curve };
}
