// Draws boxes and labels into pictures: a light line between two dark ones, and black letters on a light plate, which
// stand out from any picture and need no hue to be told apart. Faces without an answer have a dashed, white line.

import type { Box } from '../faces/face.js';
import type { NoAnswer, RecognisedFace } from '../faces/recognised.js';
import { percent } from '../format/numbers.js';
import { escapeXml } from '../format/xml.js';
import type { RgbImage } from '../image/rgb.js';
import { textWidth } from '../plots/render.js';
import { fontFamily } from '../plots/theme.js';
import { type Prediction, uncertainFrom } from '../predict/model.js';
import { drawSvg, type RgbaPicture } from '../report/svg-to-png.js';

/** What is drawn for one face. */
export interface Mark {
  box: Box;
  label: string;
  /** Drawn with a whole line rather than a dashed one. */
  answered: boolean;
}

type Colour = readonly [red: number, green: number, blue: number];

/** Okabe and Ito 2008, as the plots. */
const yellow: Colour = [240, 228, 66];
const white: Colour = [255, 255, 255];
const dark: Colour = [16, 16, 16];

/** Letters of a label are at least so high, in pixels and as a share of the longer side: large pictures are shown smaller. */
const smallestLetters = 14;
const smallestOfSide = 1 / 90;
/** Beyond that they go by the width of the face, up to this share of the longer side. */
const lettersOfFace = 1 / 5;
const largestOfSide = 1 / 40;
/** Pictures whose longer side is shorter are enlarged by a whole number, so that a label has room. */
const smallestSide = 400;

/** `happy 93%`, `uncertain` where that means little, or why there is no expression. */
export function labelOf(face: Prediction | { reason: NoAnswer }): string {
  if ('reason' in face) return face.reason;
  if (face.uncertain !== undefined && face.uncertain >= uncertainFrom) return 'uncertain';
  return `${face.expression} ${percent(face.ranking[0]?.probability ?? 0, 0)}`;
}

/** The marks of recognised faces. */
export function marksOf(faces: readonly RecognisedFace[]): Mark[] {
  return faces.map((face) => ({ box: face.box, label: labelOf(face), answered: !('reason' in face) }));
}

/** A copy of the picture with these marks; a small one is enlarged so that its labels can be read. */
export async function markedPicture(image: RgbImage, marks: readonly Mark[]): Promise<RgbImage> {
  const factor = Math.max(1, Math.ceil(smallestSide / Math.max(image.width, image.height)));
  const copy = enlarged(image, factor);
  const scaled = marks.map(({ box, ...rest }) => ({
    ...rest,
    box: {
      x: box.x * factor,
      y: box.y * factor,
      width: box.width * factor,
      height: box.height * factor,
    },
  }));
  await new MarkDrawer().draw(copy, scaled);
  return copy;
}

/** Every pixel as a square of `factor` x `factor`. */
function enlarged({ width, height, data }: RgbImage, factor: number): RgbImage {
  if (factor === 1) return { width, height, data: data.slice() };
  const target = { width: width * factor, height: height * factor };
  const pixels = new Uint8Array(target.width * target.height * 3);
  const stride = target.width * 3;
  for (let y = 0; y < target.height; y++) {
    if (y % factor > 0) {
      pixels.copyWithin(y * stride, (y - 1) * stride, y * stride);
      continue;
    }
    const row = (y / factor) * width * 3;
    for (let x = 0, out = y * stride; x < target.width; x++, out += 3) {
      const from = row + Math.floor(x / factor) * 3;
      for (let c = 0; c < 3; c++) pixels[out + c] = data[from + c]!;
    }
  }
  return { ...target, data: pixels };
}

interface Rectangle {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Labels that are kept for the next picture: those of a film recur. */
const mostLabels = 500;

/** Draws marks into pictures; keeps the labels that it has drawn. */
export class MarkDrawer {
  private readonly labels = new Map<string, RgbaPicture>();

  /** Draws into the picture itself. Marks that come first keep the better places for their labels. */
  async draw(image: RgbImage, marks: readonly Mark[]): Promise<void> {
    const side = Math.max(image.width, image.height);
    const smallest = Math.max(smallestLetters, side * smallestOfSide);
    const line = Math.max(1, Math.round(smallest / 7));
    for (const mark of marks) outline(image, mark, line);
    const taken: Rectangle[] = [];
    for (const mark of marks) {
      const wanted = Math.min(mark.box.width * lettersOfFace, side * largestOfSide);
      const label = await this.label(mark, Math.round(Math.max(smallest, wanted) || smallest));
      const others = marks.filter((other) => other !== mark).map(({ box }) => box);
      const place = placeFor(label, mark.box, image, { labels: taken, faces: others });
      taken.push(place);
      blit(image, label, place);
    }
  }

  private async label({ label, answered }: Mark, letters: number): Promise<RgbaPicture> {
    const key = `${answered} ${letters} ${label}`;
    const known = this.labels.get(key);
    if (known !== undefined) return known;
    const drawn = await drawSvg(labelSvg(label, answered, letters), 1);
    if (this.labels.size >= mostLabels) this.labels.clear();
    this.labels.set(key, drawn);
    return drawn;
  }
}

function labelSvg(label: string, answered: boolean, letters: number): string {
  const margin = Math.round(letters * 0.3);
  const width = Math.ceil(textWidth(label, letters) * 1.12) + 2 * margin;
  const height = Math.round(letters * 1.4);
  const [red, green, blue] = answered ? yellow : white;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="${width}" height="${height}" fill="rgb(${red},${green},${blue})"/>` +
    `<text x="${width / 2}" y="${Math.round(letters * 1.06)}" font-size="${letters}" font-weight="bold" ` +
    `text-anchor="middle" fill="#101010" font-family="${fontFamily}">${escapeXml(label)}</text></svg>`
  );
}

/**
 * Where a label lies in the picture: above its box, else below, else in it; where it hides the least of other labels and
 * faces.
 */
function placeFor(
  { width, height }: RgbaPicture,
  box: Box,
  image: RgbImage,
  taken: { labels: readonly Rectangle[]; faces: readonly Box[] },
): Rectangle {
  const inside = (value: number, length: number, whole: number) =>
    Math.round(Math.min(Math.max(0, value), Math.max(0, whole - length)));
  const at = (x: number, y: number): Rectangle => ({
    left: inside(x, width, image.width),
    top: inside(y, height, image.height),
    width,
    height,
  });
  const below = box.y + box.height;
  const right = box.x + box.width;
  const places = [
    at(box.x, box.y - height),
    at(right - width, box.y - height),
    at(box.x, below),
    at(right - width, below),
    at(box.x, box.y),
    at(box.x, below - height),
    at(right, box.y),
    at(box.x - width, box.y),
  ];
  const hidden = (place: Rectangle) =>
    3 * taken.labels.reduce((sum, other) => sum + common(place, other), 0) +
    taken.faces.reduce((sum, face) => sum + common(place, { ...face, left: face.x, top: face.y }), 0);
  let best = places[0]!;
  for (const place of places) if (hidden(place) < hidden(best)) best = place;
  return best;
}

function common(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** A line around the box: light, between two dark ones. */
function outline(image: RgbImage, { box, answered }: Mark, line: number): void {
  const edge = Math.max(1, Math.round(line / 2));
  // A box far outside takes no longer than one at the border.
  const near = (value: number, side: number) => Math.round(Math.min(2 * side, Math.max(-side, value)));
  const left = near(box.x, image.width);
  const top = near(box.y, image.height);
  const right = near(box.x + box.width, image.width);
  const bottom = near(box.y + box.height, image.height);
  frame(
    image,
    [left - line - edge, top - line - edge, right + line + edge, bottom + line + edge],
    edge,
    dark,
  );
  frame(image, [left, top, right, bottom], edge, dark);
  const dash = answered ? Number.POSITIVE_INFINITY : 4 * line;
  frame(image, [left - line, top - line, right + line, bottom + line], line, answered ? yellow : white, dash);
}

/** The four sides of a rectangle, `thick` pixels inwards; every other `dash` pixels are left out. */
function frame(
  image: RgbImage,
  [left, top, right, bottom]: readonly [number, number, number, number],
  thick: number,
  colour: Colour,
  dash = Number.POSITIVE_INFINITY,
): void {
  const dashed = (from: number, to: number, draw: (from: number, to: number) => void) => {
    if (dash === Number.POSITIVE_INFINITY) draw(from, to);
    else for (let at = from; at < to; at += 2 * dash) draw(at, Math.min(to, at + dash));
  };
  for (const y of [top, bottom - thick]) {
    dashed(left, right, (from, to) => fill(image, from, y, to, y + thick, colour));
  }
  for (const x of [left, right - thick]) {
    dashed(top, bottom, (from, to) => fill(image, x, from, x + thick, to, colour));
  }
}

/** Fills what of a rectangle lies in the picture. */
function fill(
  { width, height, data }: RgbImage,
  left: number,
  top: number,
  right: number,
  bottom: number,
  colour: Colour,
): void {
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, right); x++) data.set(colour, (y * width + x) * 3);
  }
}

/** Copies a label into the picture, as far as it lies in it. */
function blit(image: RgbImage, label: RgbaPicture, { left, top }: Rectangle): void {
  const columns = Math.min(label.width, image.width - left);
  const rows = Math.min(label.height, image.height - top);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const from = (y * label.width + x) * 4;
      image.data.set(label.data.subarray(from, from + 3), ((top + y) * image.width + left + x) * 3);
    }
  }
}
