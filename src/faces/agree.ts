// What several looks at one picture agree on. A face that every look finds is surer than one that a single look finds; its
// box and points are the mean of what they say ("weighted boxes fusion": Solovyev, Wang and Gabruseva 2021).

import { overlap } from './boxes.js';
import type { Box, Face, FacePoints, Point } from './face.js';

/** Boxes of two looks that overlap by more are one face's. */
const sameFace = 0.45;

interface Group {
  /** What was found first. */
  box: Box;
  /** One of each look at most. */
  members: Face[];
  /** The last look that found it. */
  look: number;
}

/**
 * Joins the faces that several looks at a picture found, each look's without doubles. The score is the mean of those that found
 * the face, times the root of their share of all looks.
 */
export function agree(looks: readonly (readonly Face[])[]): Face[] {
  if (looks.length === 1) return [...looks[0]!];
  const groups: Group[] = [];
  looks.forEach((faces, look) => {
    const before = groups.length;
    for (const face of [...faces].sort((a, b) => b.score - a.score)) {
      let best: Group | null = null;
      let bestOverlap = sameFace;
      // Faces of one look aren't joined with each other.
      for (const group of groups.slice(0, before)) {
        const shared = group.look === look ? 0 : overlap(group.box, face.box);
        if (shared > bestOverlap) [best, bestOverlap] = [group, shared];
      }
      if (best === null) groups.push({ box: face.box, members: [face], look });
      else {
        best.members.push(face);
        best.look = look;
      }
    }
  });
  return groups.map(({ members }) => mean(members, looks.length));
}

/** Faces of one group, weighted by their scores. */
function mean(members: readonly Face[], looks: number): Face {
  const total = members.reduce((sum, { score }) => sum + score, 0);
  const average = (of: (face: Face) => number): number =>
    members.reduce(
      (sum, face) => sum + of(face) * (total === 0 ? 1 / members.length : face.score / total),
      0,
    );
  return {
    box: {
      x: average(({ box }) => box.x),
      y: average(({ box }) => box.y),
      width: average(({ box }) => box.width),
      height: average(({ box }) => box.height),
    },
    score: (total / members.length) * Math.sqrt(members.length / looks),
    points: members[0]!.points.map(
      (_, i): Point => [average(({ points }) => points[i]![0]), average(({ points }) => points[i]![1])],
    ) as unknown as FacePoints,
  };
}
