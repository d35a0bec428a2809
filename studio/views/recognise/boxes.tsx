// Boxes, points and words over a picture. An image for screen readers: what it shows stands in the lists beside it.

import type { Mark } from '../../files/snapshot.js';
import { showsPoints } from './pictures-state.js';

export interface ShownMark extends Mark {
  points: readonly (readonly [number, number])[];
}

/** Of a letter, in sizes of the text. */
const letterWidth = 0.68;

function BoxMark({
  mark: { box, tag, points },
  scale,
  pictureWidth,
  isChosen,
  onChoose,
}: {
  mark: ShownMark;
  /** Pixels of the picture in one of the screen. */
  scale: number;
  pictureWidth: number;
  isChosen: boolean;
  onChoose: (() => void) | undefined;
}) {
  const size = 14 * scale;
  const tagWidth = (tag.length * letterWidth + 1) * size;
  const x = Math.max(0, Math.min(box.x, pictureWidth - tagWidth));
  const y = box.y > size * 1.8 ? box.y - size * 1.7 : box.y + box.height + size * 0.3;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hidden from screen readers; the list of faces does the same by keyboard
    <g class="face" data-chosen={isChosen ? '' : undefined} onClick={onChoose}>
      <rect class="box-edge" x={box.x} y={box.y} width={box.width} height={box.height} rx={4 * scale} />
      <rect class="box" x={box.x} y={box.y} width={box.width} height={box.height} rx={4 * scale} />
      {showsPoints.value &&
        points.map(([px, py], i) => <circle key={i} class="point" cx={px} cy={py} r={2.5 * scale} />)}
      <rect class="tag" x={x} y={y} width={tagWidth} height={size * 1.4} rx={4 * scale} />
      <text x={x + size * 0.5} y={y + size * 1.05} font-size={size}>
        {tag}
      </text>
    </g>
  );
}

export function Boxes({
  width,
  height,
  marks,
  shown,
  mirrored = false,
  chosen = null,
  onChoose,
}: {
  /** Of the picture. */
  width: number;
  height: number;
  marks: readonly ShownMark[];
  /** Width at which it is shown, in pixels of the screen. */
  shown: number;
  mirrored?: boolean;
  /** Number of the chosen mark. */
  chosen?: number | null;
  onChoose?: (index: number) => void;
}) {
  if (shown === 0) return null;
  const flip = (mark: ShownMark): ShownMark => ({
    tag: mark.tag,
    box: { ...mark.box, x: width - mark.box.x - mark.box.width },
    points: mark.points.map(([x, y]) => [width - x, y] as const),
  });
  return (
    <svg class="overlay" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {marks.map((mark, i) => (
        <BoxMark
          key={i}
          mark={mirrored ? flip(mark) : mark}
          scale={width / shown}
          pictureWidth={width}
          isChosen={chosen === i}
          onChoose={onChoose && (() => onChoose(i))}
        />
      ))}
    </svg>
  );
}
