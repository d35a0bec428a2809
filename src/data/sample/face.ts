// Draws a face as SVG from an identity (shape, tones, hair, sizes of features), a pose and an expression. The picture
// is 100 units wide and high; the face's middle is at (50, 52).

import type { Random } from '../../random/random.js';
import type { Expression } from './expressions.js';

/** What stays the same over all pictures of one person. Lengths in units, tones from 0 to 255. */
export interface Identity {
  skin: number;
  hair: number;
  iris: number;
  headWidth: number;
  headHeight: number;
  /** How wide the jaw is, share of the head's width. */
  jaw: number;
  hairStyle: 'bald' | 'short' | 'long' | 'fringe';
  eyeDistance: number;
  eyeHeight: number;
  eyeWidth: number;
  eyeOpening: number;
  browThickness: number;
  browHeight: number;
  noseLength: number;
  noseWidth: number;
  mouthHeight: number;
  mouthWidth: number;
  lip: number;
  beard: boolean;
  glasses: boolean;
}

/** How the face is seen. */
export interface Pose {
  /** Degrees in the picture's plane. */
  roll: number;
  /** Features against the head, in units: a turn to the side, and up or down. */
  yaw: number;
  pitch: number;
  scale: number;
  x: number;
  y: number;
  background: number;
}

export function drawIdentity(random: Random): Identity {
  const skin = random.uniform(95, 225);
  return {
    skin,
    hair: random.uniform(15, Math.min(skin - 35, 170)),
    iris: random.uniform(20, 80),
    headWidth: random.uniform(31, 37),
    headHeight: random.uniform(40, 46),
    jaw: random.uniform(0.55, 0.85),
    hairStyle: (['bald', 'short', 'short', 'long', 'fringe'] as const)[random.integer(5)]!,
    eyeDistance: random.uniform(13, 16),
    eyeHeight: random.uniform(43, 46.5),
    eyeWidth: random.uniform(6.5, 8.2),
    eyeOpening: random.uniform(3, 4),
    browThickness: random.uniform(1.6, 3.2),
    browHeight: random.uniform(8.5, 10),
    noseLength: random.uniform(11, 15),
    noseWidth: random.uniform(4, 6.5),
    mouthHeight: random.uniform(71, 74.5),
    mouthWidth: random.uniform(10.5, 13),
    lip: random.uniform(1.2, 2.4),
    beard: random.uniform() < 0.15,
    glasses: random.uniform() < 0.1,
  };
}

export function drawPose(random: Random): Pose {
  return {
    roll: random.normal(0, 5),
    yaw: Math.max(-5, Math.min(5, random.normal(0, 2))),
    pitch: random.normal(0, 0.8),
    scale: random.uniform(1.02, 1.26),
    x: random.normal(0, 1.8),
    y: random.normal(0, 1.8),
    background: random.uniform(20, 235),
  };
}

function tone(level: number): string {
  const byte = Math.max(0, Math.min(255, Math.round(level)));
  return `rgb(${byte},${byte},${byte})`;
}

const n = (value: number): string => value.toFixed(2);

function stroke(path: string, level: number, width: number, opacity = 1): string {
  const look = `fill="none" stroke="${tone(level)}" stroke-width="${n(width)}" stroke-linecap="round"`;
  return `<path d="${path}" ${look} stroke-opacity="${n(opacity)}"/>`;
}

function fill(path: string, level: number): string {
  return `<path d="${path}" fill="${tone(level)}"/>`;
}

function head({ skin, hair, headWidth: w, headHeight: h, jaw, hairStyle, beard }: Identity): string {
  const top = 52 - h;
  const chin = 52 + h;
  const outline =
    `M${n(50 - w)} 48 C${n(50 - w)} ${n(top - 1)} ${n(50 + w)} ${n(top - 1)} ${n(50 + w)} 48 ` +
    `C${n(50 + w)} 72 ${n(50 + w * jaw)} ${n(chin)} 50 ${n(chin)} C${n(50 - w * jaw)} ${n(chin)} ${n(50 - w)} 72 ${n(50 - w)} 48 Z`;
  const ears = [-1, 1].map(
    (side) => `<ellipse cx="${n(50 + side * w)}" cy="52" rx="3.5" ry="7" fill="${tone(skin - 18)}"/>`,
  );
  const parts = [
    `<rect x="38" y="80" width="24" height="40" fill="${tone(skin - 30)}"/>`,
    hairStyle === 'long'
      ? `<ellipse cx="50" cy="54" rx="${n(w + 7)}" ry="${n(h + 3)}" fill="${tone(hair)}"/>`
      : '',
    ...(hairStyle === 'long' ? [] : ears),
    fill(outline, skin),
  ];
  if (hairStyle !== 'bald') {
    const line = hairStyle === 'fringe' ? 31 : 24;
    const sides = hairStyle === 'short' ? 40 : 50;
    parts.push(
      fill(
        `M${n(49 - w)} ${sides} C${n(46 - w)} ${n(top - 8)} ${n(54 + w)} ${n(top - 8)} ${n(51 + w)} ${sides} ` +
          `C${n(50 + w * 0.85)} ${line - 2} ${n(50 + w * 0.5)} ${line} 50 ${line} ` +
          `C${n(50 - w * 0.5)} ${line} ${n(50 - w * 0.85)} ${line - 2} ${n(49 - w)} ${sides} Z`,
        hair,
      ),
    );
  }
  if (beard) {
    const tones = `fill="${tone(Math.min(hair, skin * 0.5))}" fill-opacity="0.7"`;
    const cheeks = `M${n(50 - w)} 60 C${n(50 - w * 0.6)} 84 ${n(50 + w * 0.6)} 84 ${n(50 + w)} 60 V110 H${n(50 - w)} Z`;
    parts.push(
      `<clipPath id="head"><path d="${outline}"/></clipPath>`,
      `<path clip-path="url(#head)" d="${cheeks}" ${tones}/>`,
    );
  }
  return parts.join('');
}

function eye(identity: Identity, expression: Expression, side: number): string {
  const { skin, iris, eyeDistance, eyeHeight, eyeWidth: w, eyeOpening, glasses } = identity;
  const x = 50 + side * eyeDistance;
  const up = eyeOpening * expression.eyeOpen;
  const down = up * 0.8 * (1 - expression.lidRaise);
  const almond =
    `M${n(x - w)} ${n(eyeHeight)} Q${n(x)} ${n(eyeHeight - up * 2)} ${n(x + w)} ${n(eyeHeight)} ` +
    `Q${n(x)} ${n(eyeHeight + down * 2)} ${n(x - w)} ${n(eyeHeight)} Z`;
  const id = side < 0 ? 'left' : 'right';
  const irisAt = eyeHeight + expression.gaze;
  const parts = [
    `<clipPath id="${id}"><path d="${almond}"/></clipPath>`,
    fill(almond, 240),
    `<g clip-path="url(#${id})"><circle cx="${n(x)}" cy="${n(irisAt)}" r="3.3" fill="${tone(iris)}"/>` +
      `<circle cx="${n(x)}" cy="${n(irisAt)}" r="1.5" fill="${tone(5)}"/></g>`,
    stroke(
      `M${n(x - w)} ${n(eyeHeight)} Q${n(x)} ${n(eyeHeight - up * 2)} ${n(x + w)} ${n(eyeHeight)}`,
      skin * 0.25,
      1.5,
    ),
    stroke(
      `M${n(x - w)} ${n(eyeHeight)} Q${n(x)} ${n(eyeHeight + down * 2)} ${n(x + w)} ${n(eyeHeight)}`,
      skin * 0.55,
      0.9,
    ),
  ];
  if (expression.lidRaise > 0.15) {
    parts.push(
      stroke(
        `M${n(x - w)} ${n(eyeHeight + 3)} Q${n(x)} ${n(eyeHeight + 6)} ${n(x + w)} ${n(eyeHeight + 3)}`,
        skin * 0.6,
        0.9,
        0.7,
      ),
    );
  }
  if (glasses) {
    parts.push(
      `<circle cx="${n(x)}" cy="${n(eyeHeight + 1)}" r="10.5" fill="none" stroke="${tone(25)}" stroke-width="1.3"/>`,
    );
  }
  return parts.join('');
}

function brow(identity: Identity, expression: Expression, side: number): string {
  const base = identity.eyeHeight - identity.browHeight + expression.browShift;
  const inner = 50 + side * (identity.eyeDistance - 8 - expression.browPinch);
  const outer = 50 + side * (identity.eyeDistance + 9);
  const innerY = base + expression.browInner;
  const outerY = base + 1 + expression.browOuter;
  const middleY = (innerY + outerY) / 2 - expression.browArch * 2;
  const path = `M${n(inner)} ${n(innerY)} Q${n((inner + outer) / 2)} ${n(middleY)} ${n(outer)} ${n(outerY)}`;
  return stroke(path, Math.min(identity.hair, identity.skin * 0.45), identity.browThickness);
}

function nose({ skin, eyeHeight, noseLength, noseWidth: w }: Identity, { noseWrinkle }: Expression): string {
  const tip = eyeHeight + noseLength + 1 - noseWrinkle * 1.5;
  const flare = w * (1 + noseWrinkle * 0.25);
  const parts = [
    stroke(`M50 ${n(eyeHeight + 2)} L${n(50 - 1.5)} ${n(tip - 3)}`, skin * 0.75, 1.2, 0.6),
    stroke(
      `M${n(50 - flare)} ${n(tip - 1)} Q50 ${n(tip + 4)} ${n(50 + flare)} ${n(tip - 1)}`,
      skin * 0.5,
      1.3,
    ),
  ];
  if (noseWrinkle > 0.1) {
    for (const side of [-1, 1]) {
      for (const row of [0, 3]) {
        const y = eyeHeight + 1 + row;
        parts.push(
          stroke(
            `M${n(50 + side * 1.2)} ${n(y)} L${n(50 + side * 5)} ${n(y + 2.4)}`,
            skin * 0.4,
            1.1,
            noseWrinkle,
          ),
        );
      }
    }
  }
  return parts.join('');
}

function lines(identity: Identity, { cheekFold, frownLines, foreheadLines, browShift }: Expression): string {
  const { skin, eyeHeight, browHeight, noseLength, mouthHeight } = identity;
  const parts: string[] = [];
  for (const side of [-1, 1]) {
    if (cheekFold > 0.1) {
      const from = eyeHeight + noseLength - 1;
      const path = `M${n(50 + side * 8)} ${n(from)} Q${n(50 + side * 18)} ${n(from + 6)} ${n(50 + side * 19.5)} ${n(mouthHeight)}`;
      parts.push(stroke(path, skin * 0.55, 1.1, Math.min(1, cheekFold) * 0.8));
    }
    if (frownLines > 0.1) {
      const y = eyeHeight - browHeight + browShift;
      const path = `M${n(50 + side * 1.8)} ${n(y - 1)} L${n(50 + side * 1.3)} ${n(y + 6)}`;
      parts.push(stroke(path, skin * 0.45, 1.1, Math.min(1, frownLines) * 0.9));
    }
  }
  if (foreheadLines > 0.1) {
    for (const row of [5, 8.5]) {
      const y = eyeHeight - browHeight + browShift - row;
      parts.push(
        stroke(
          `M38 ${n(y)} Q50 ${n(y - 1.5)} 62 ${n(y)}`,
          skin * 0.65,
          0.9,
          Math.min(1, foreheadLines) * 0.7,
        ),
      );
    }
  }
  return parts.join('');
}

function mouth(identity: Identity, expression: Expression): string {
  const { skin, lip, mouthHeight } = identity;
  const { cornerShift, upperLip, mouthOpen, squareness, teeth, tongue } = expression;
  const w = identity.mouthWidth * expression.mouthWidth;
  const cornerY = mouthHeight + cornerShift * 0.8;
  // With the middle moved against the corners, a raised corner makes a bow, not a shifted line.
  const middle = mouthHeight + upperLip - cornerShift * 0.2;
  const reach = w * (0.35 + 0.55 * Math.max(0, squareness)); // where the curve's handles lie, from the middle
  const curve = (y: number) =>
    `C${n(50 - reach)} ${n(y)} ${n(50 + reach)} ${n(y)} ${n(50 + w)} ${n(cornerY)}`;
  const upperY = cornerY + (middle - cornerY) * 1.33 - mouthOpen * 0.35;
  const lowerY = cornerY + (middle - cornerY) * 1.33 + mouthOpen;
  const start = `M${n(50 - w)} ${n(cornerY)}`;
  const lipTone = skin * 0.5;
  if (mouthOpen < 1.2) {
    const shade = stroke(
      `M${n(50 - w * 0.45)} ${n(middle + 4)} Q50 ${n(middle + 5.5)} ${n(50 + w * 0.45)} ${n(middle + 4)}`,
      skin * 0.7,
      1,
      0.7,
    );
    return stroke(`${start} ${curve(upperY)}`, lipTone * 0.8, lip + 0.6) + shade;
  }
  const back = `C${n(50 + reach)} ${n(lowerY)} ${n(50 - reach)} ${n(lowerY)} ${n(50 - w)} ${n(cornerY)} Z`;
  const opening = `${start} ${curve(upperY)} ${back}`;
  const parts = [`<clipPath id="mouth"><path d="${opening}"/></clipPath>`, fill(opening, 25)];
  const top = cornerY + (upperY - cornerY) * 0.75;
  const bottom = cornerY + (lowerY - cornerY) * 0.75;
  if (teeth > 0.05) {
    const height = (bottom - Math.min(top, cornerY)) * Math.min(1, teeth) + 0.5;
    parts.push(
      `<rect clip-path="url(#mouth)" x="${n(50 - w)}" y="${n(Math.min(top, cornerY))}" width="${n(2 * w)}" height="${n(height)}" fill="${tone(235)}"/>`,
    );
    if (teeth > 0.75)
      parts.push(stroke(`M${n(50 - w * 0.8)} ${n((top + bottom) / 2)} H${n(50 + w * 0.8)}`, 90, 0.7));
  }
  parts.push(
    `<path d="${opening}" fill="none" stroke="${tone(lipTone)}" stroke-width="${n(lip)}" stroke-linejoin="round"/>`,
  );
  if (tongue > 0.5) {
    parts.push(
      `<path d="M${n(45)} ${n(bottom - 2)} V${n(bottom + tongue * 0.6)} A5 ${n(4)} 0 0 0 55 ${n(bottom + tongue * 0.6)} V${n(bottom - 2)} Z" ` +
        `fill="${tone(Math.min(215, skin * 0.55 + 55))}" stroke="${tone(skin * 0.35)}" stroke-width="1"/>`,
    );
  }
  return parts.join('');
}

/**
 * Draws one face.
 *
 * @param size width and height of the picture in pixels.
 * @returns an SVG document in shades of grey.
 */
export function drawFace(identity: Identity, pose: Pose, expression: Expression, size: number): string {
  const place =
    `translate(${n(50 + pose.x)} ${n(52 + pose.y)}) rotate(${n(pose.roll)}) ` +
    `scale(${n(pose.scale)}) translate(-50 -52)`;
  // Features slide over the head and narrow when it turns.
  const turn = `translate(${n(50 + pose.yaw)} ${n(pose.pitch)}) scale(${n(1 - Math.abs(pose.yaw) * 0.015)} 1) translate(-50 0)`;
  const features = [
    lines(identity, expression),
    nose(identity, expression),
    ...[-1, 1].map((side) => eye(identity, expression, side) + brow(identity, expression, side)),
    mouth(identity, expression),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">` +
    `<rect width="100" height="100" fill="${tone(pose.background)}"/>` +
    `<g transform="${place}">${head(identity)}<g transform="${turn}">${features.join('')}</g></g></svg>`
  );
}
