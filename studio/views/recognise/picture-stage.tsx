// The shown picture with the boxes of its faces.

import { percent } from '../../components/bars.js';
import { useShownWidth } from '../../components/shown-width.js';
import type { ShownFace, ShownPicture } from '../../engine/recognise-picture.js';
import { Boxes, type ShownMark } from './boxes.js';
import { chosenFace, type PictureItem } from './pictures-state.js';

/** What stands at a box: the first model's answer. */
function tagOf({ answers }: ShownFace): string {
  const [first] = answers;
  if (first === undefined) return '';
  if (first.prediction === null) return first.reason;
  const [best] = first.prediction.ranking;
  return `${best!.label} ${percent(best!.probability)}`;
}

/** Boxes with their words; none for a picture that was taken whole. */
export function marksOf({ faces }: ShownPicture): ShownMark[] {
  return faces.flatMap((face) =>
    face.place === null ? [] : [{ box: face.place.box, points: face.place.points, tag: tagOf(face) }],
  );
}

/** For screen readers: what is in the picture. */
function describePicture(name: string, { faces }: ShownPicture): string {
  if (faces.length === 0) return `${name}: no face found`;
  const each = faces.map((face, i) => `face ${i + 1}: ${tagOf(face)}`).join('; ');
  return `${name}: ${faces.length} face${faces.length > 1 ? 's' : ''}; ${each}`;
}

export function chooseFace(index: number): void {
  chosenFace.value = chosenFace.value === index ? null : index;
}

export function PictureStage({ item }: { item: PictureItem }) {
  const [stage, shown] = useShownWidth<HTMLDivElement>();
  const found = item.answer.state === 'done' ? item.answer.found : null;
  const isSmall = found !== null && Math.max(found.width, found.height) <= 128;
  return (
    <div class="shown" ref={stage}>
      <img
        src={item.url}
        alt={found === null ? item.name : describePicture(item.name, found)}
        class={`shown-picture${isSmall ? ' small-picture' : ''}`}
      />
      {found !== null && (
        <Boxes
          width={found.width}
          height={found.height}
          marks={marksOf(found)}
          shown={shown}
          chosen={chosenFace.value}
          onChoose={chooseFace}
        />
      )}
    </div>
  );
}
