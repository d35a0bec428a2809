// The shown picture with the boxes of its faces.

import { percent } from '../../components/bars.js';
import { useShownWidth } from '../../components/shown-width.js';
import type { ShownFace, ShownPicture } from '../../engine/recognise-picture.js';
import { chosenFace, type PictureItem, showsPoints } from './pictures-state.js';

/** What stands at a box. */
export function tagOf({ answers }: ShownFace): string {
  const [first] = answers;
  if (first === undefined) return '';
  if (first.prediction === null) return first.reason;
  const [best] = first.prediction.ranking;
  return `${best!.label} ${percent(best!.probability)}`;
}

function FaceBox({ face, index, scale }: { face: ShownFace; index: number; scale: number }) {
  const { place } = face;
  if (place === null) return null;
  const { x, y, width, height } = place.box;
  const tag = tagOf(face);
  const size = 14 * scale;
  const above = y > size * 1.8;
  const choose = () => {
    chosenFace.value = chosenFace.value === index ? null : index;
  };
  return (
    // The list of faces beside the picture does the same by keyboard.
    // biome-ignore lint/a11y/noStaticElementInteractions: the picture is an image for screen readers
    <g class="face" data-chosen={chosenFace.value === index ? '' : undefined} onClick={choose}>
      <rect class="box" x={x} y={y} width={width} height={height} rx={4 * scale} />
      {showsPoints.value &&
        place.points.map(([px, py]) => (
          <circle key={`${px} ${py}`} class="point" cx={px} cy={py} r={2.5 * scale} />
        ))}
      <rect
        class="tag"
        x={x}
        y={above ? y - size * 1.7 : y + height + size * 0.3}
        width={(tag.length * 0.58 + 1) * size}
        height={size * 1.4}
        rx={4 * scale}
      />
      <text x={x + size * 0.5} y={above ? y - size * 0.65 : y + height + size * 1.35} font-size={size}>
        {tag}
      </text>
    </g>
  );
}

/** Boxes, points and tags over a picture of that size; `shown` is the width at which it is shown, in pixels of the screen. */
export function FaceOverlay({
  width,
  height,
  faces,
  shown,
}: {
  width: number;
  height: number;
  faces: readonly ShownFace[];
  shown: number;
}) {
  return (
    <svg class="overlay" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {faces.map((face, i) => (
        <FaceBox key={i} face={face} index={i} scale={width / Math.max(1, shown)} />
      ))}
    </svg>
  );
}

/** For screen readers: what is in the picture. */
export function describePicture(name: string, { faces }: ShownPicture): string {
  if (faces.length === 0) return `${name}: no face found`;
  const each = faces.map((face, i) => `face ${i + 1}: ${tagOf(face)}`).join('; ');
  return `${name}: ${faces.length} face${faces.length > 1 ? 's' : ''}; ${each}`;
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
      {found !== null && shown > 0 && <FaceOverlay {...found} shown={shown} />}
    </div>
  );
}
