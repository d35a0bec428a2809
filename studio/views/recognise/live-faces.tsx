// The people of a webcam or a film: their boxes over the picture, and a card for each.

import { Bars, percent } from '../../components/bars.js';
import { SeenFaceImage } from '../../components/seen-face.js';
import type { FollowedFrame, FrameFace } from '../../engine/follow-frames.js';
import type { Mark } from '../../files/snapshot.js';
import { Boxes } from './boxes.js';
import { reasonWords } from './reasons.js';

const nameOf = ({ person }: FrameFace): string => (person === null ? 'somebody new' : `person ${person}`);

/** What stands at a box. */
function tagOf(face: FrameFace): string {
  const name = face.person === null ? '' : `${face.person}: `;
  if (face.smoothed === null) return `${name}${face.reason ?? ''}`;
  const [best] = face.smoothed.ranking;
  return `${name}${best!.label} ${percent(best!.probability)}`;
}

/** The boxes of a frame with their words. */
export function marksOf({ faces }: FollowedFrame): (Mark & { points: FrameFace['place']['points'] })[] {
  return faces.map((face) => ({ box: face.place.box, tag: tagOf(face), points: face.place.points }));
}

export function LiveBoxes({
  frame,
  shown,
  mirrored,
}: {
  frame: FollowedFrame;
  shown: number;
  mirrored: boolean;
}) {
  return (
    <Boxes
      width={frame.width}
      height={frame.height}
      marks={marksOf(frame)}
      shown={shown}
      mirrored={mirrored}
    />
  );
}

function PersonCard({ face, classes }: { face: FrameFace; classes: readonly string[] }) {
  const name = nameOf(face);
  return (
    <li class="card face-card">
      <div class="seen">
        {face.seen === null ? (
          <span class="unseen" />
        ) : (
          <SeenFaceImage seen={face.seen} label={`${name} as the network sees the face`} />
        )}
      </div>
      <div class="stack">
        <h2>
          <span>{name}</span>
          {face.smoothed !== null && <span>{face.smoothed.expression}</span>}
        </h2>
        {face.smoothed === null ? (
          <p class="muted">{reasonWords[face.reason!]}</p>
        ) : (
          <Bars prediction={face.smoothed} classes={classes} label={`Expressions of ${name}`} still />
        )}
      </div>
    </li>
  );
}

export function LiveFaces({ frame }: { frame: FollowedFrame | null }) {
  if (frame === null) return null;
  if (frame.faces.length === 0)
    return <p class="muted">Nobody is seen. Faces must be at least a twelfth of the picture high.</p>;
  return (
    <ul class="faces" aria-label="People">
      {frame.faces.map((face, i) => (
        <PersonCard key={face.person ?? `new ${i}`} face={face} classes={frame.classes} />
      ))}
    </ul>
  );
}
