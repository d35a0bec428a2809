// Contact sheets: many small images on one page, with captions, as PNG. Pixels are enlarged without smoothing,
// so that what is seen is what the network sees.

import { escapeXml } from '../format/xml.js';
import { textWidth } from '../plots/render.js';
import { fontFamily, palette } from '../plots/theme.js';
import { density, drawSvg, encodePng, type RgbaPicture } from './svg-to-png.js';
import type { SheetItem } from './types.js';

export interface SheetOptions {
  /** Tiles per row; fewer where there are fewer items. */
  columns: number;
  /** Screen pixels per image pixel, a positive integer. */
  scale: number;
  title: string;
}

const margin = 20;
const gap = 14;
const titleHeight = 40;
const captionSize = 12;
const detailSize = 10;
/** Tiles grow up to this width for their captions. */
const widestCaption = 190;
/** Bold letters are wider by about this. */
const boldness = 1.12;

interface Layout {
  width: number;
  height: number;
  tileWidth: number;
  /** Top left of each tile. */
  places: { x: number; y: number }[];
  captionTop: number;
}

/** A PNG of all items, in order, row by row; at least one item. */
export async function contactSheet(items: readonly SheetItem[], options: SheetOptions): Promise<Buffer> {
  checkItems(items, options);
  const layout = layOut(items, options);
  const sheet = await drawSvg(text(items, options, layout));
  for (const [i, item] of items.entries()) {
    const { x, y } = layout.places[i]!;
    const left = x + Math.floor((layout.tileWidth - item.width * options.scale) / 2);
    enlarge(item, sheet, left * density, y * density, options.scale * density);
  }
  return encodePng(sheet);
}

function checkItems(items: readonly SheetItem[], { columns, scale }: SheetOptions): void {
  if (items.length === 0) throw new RangeError('contactSheet: expected at least one item');
  for (const [name, value] of Object.entries({ columns, scale })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`contactSheet: ${name} must be a positive integer, got ${value}`);
    }
  }
  for (const [i, { pixels, width, height }] of items.entries()) {
    if (![width * height, 3 * width * height].includes(pixels.length)) {
      throw new RangeError(
        `contactSheet: item ${i} of ${width}x${height} needs ${width * height} values, or three times as many in colours; got ${pixels.length}`,
      );
    }
  }
}

function layOut(items: readonly SheetItem[], { columns, scale, title }: SheetOptions): Layout {
  const widest = Math.max(...items.map((item) => item.width)) * scale;
  const tallest = Math.max(...items.map((item) => item.height)) * scale;
  const captions = items.map((item) =>
    Math.max(textWidth(item.caption ?? '', captionSize * boldness), textWidth(item.detail ?? '', detailSize)),
  );
  const tileWidth = Math.ceil(Math.max(widest, Math.min(widestCaption, Math.max(...captions))));
  const captionHeight = items.some((item) => item.caption !== undefined) ? captionSize + 6 : 0;
  const detailHeight = items.some((item) => item.detail !== undefined) ? detailSize + 4 : 0;
  const tileHeight = tallest + captionHeight + detailHeight;
  const across = Math.min(columns, items.length);
  const rows = Math.ceil(items.length / across);
  const places = items.map((_, i) => ({
    x: margin + (i % across) * (tileWidth + gap),
    y: margin + titleHeight + Math.floor(i / across) * (tileHeight + gap),
  }));
  const forTiles = across * (tileWidth + gap) - gap;
  return {
    width: Math.ceil(Math.max(forTiles, textWidth(title, 18 * boldness)) + 2 * margin),
    height: Math.ceil(rows * (tileHeight + gap) - gap + titleHeight + 2 * margin),
    tileWidth,
    places,
    captionTop: tallest,
  };
}

/** Copies an image into `sheet`, each pixel as a square of `scale` x `scale`. */
function enlarge(
  { pixels, width, height }: SheetItem,
  sheet: RgbaPicture,
  left: number,
  top: number,
  scale: number,
): void {
  const stride = sheet.width * 4;
  const perPixel = pixels.length / (width * height);
  for (let y = 0; y < height; y++) {
    const start = (top + y * scale) * stride + left * 4;
    for (let x = 0; x < width; x++) {
      const [red, green, blue] = [0, 1, 2].map((channel) =>
        Math.min(255, Math.max(0, Math.round(pixels[perPixel * (y * width + x) + (channel % perPixel)]!))),
      );
      sheet.data.fill(
        Uint8Array.of(red!, green!, blue!, 255),
        start + x * scale * 4,
        start + (x + 1) * scale * 4,
      );
    }
    for (let copy = 1; copy < scale; copy++) {
      sheet.data.copy(sheet.data, start + copy * stride, start, start + width * scale * 4);
    }
  }
}

/** Title and captions, on an empty page. */
function text(items: readonly SheetItem[], { title }: SheetOptions, layout: Layout): string {
  const tones = { good: palette.good.light, bad: palette.bad.light, plain: palette.text.light };
  const texts = items.flatMap((item, i) => {
    const { x, y } = layout.places[i]!;
    const middle = x + layout.tileWidth / 2;
    let baseline = y + layout.captionTop + captionSize + 3;
    const lines: string[] = [];
    if (item.caption !== undefined) {
      const tone = tones[item.captionTone ?? 'plain'];
      const caption = shortened(item.caption, captionSize * boldness, layout.tileWidth, 'end');
      lines.push(textElement(caption, middle, baseline, captionSize, tone, 'font-weight="bold"'));
      baseline += detailSize + 4;
    }
    if (item.detail !== undefined) {
      const detail = shortened(item.detail, detailSize, layout.tileWidth, 'start');
      lines.push(textElement(detail, middle, baseline, detailSize, palette.mutedText.light, ''));
    }
    return lines;
  });
  const heading =
    `<text x="${margin}" y="${margin + 16}" font-size="18" font-weight="bold" ` +
    `fill="${palette.text.light}">${escapeXml(title)}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${layout.height}" ` +
    `font-family="${fontFamily}">${heading}${texts.join('')}</svg>`
  );
}

function textElement(text: string, x: number, y: number, size: number, colour: string, more: string): string {
  return (
    `<text x="${x}" y="${y}" font-size="${size}" text-anchor="middle" fill="${colour}" ${more}>` +
    `${escapeXml(text)}</text>`
  );
}

/** Leaves characters out at the end or the start, with an ellipsis, until the text fits `width`. */
function shortened(text: string, size: number, width: number, cut: 'start' | 'end'): string {
  const characters = Array.from(text);
  if (textWidth(text, size) <= width) return text;
  while (characters.length > 1 && textWidth(`…${characters.join('')}`, size) > width) {
    if (cut === 'start') characters.shift();
    else characters.pop();
  }
  return cut === 'start' ? `…${characters.join('')}` : `${characters.join('')}…`;
}
