// Draws SVG documents as pixels: plots as PNG files for readers that can't show SVG, and the text of contact sheets.
// Text is always DejaVu Sans, from the font files of the package dejavu-fonts-ttf, so that it looks the same on every
// machine, fonts installed or not. DejaVu Sans has no Chinese, Japanese, Korean, Indic or Thai letters, among others:
// texts with such letters (class names may be in any script) also use the fonts of the system, where it has them.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { renderAsync } from '@resvg/resvg-js';
import sharp from 'sharp';
import { fontFamily } from '../plots/theme.js';

const family = 'DejaVu Sans';

/** Pixels of the file per pixel of the SVG, for sharp text. */
export const density = 2;

/** An opaque picture: `data` holds `width * height` pixels, row by row, 4 bytes each (red, green, blue, 255). */
export interface RgbaPicture {
  data: Buffer;
  width: number;
  height: number;
}

/** The light variant of an SVG on white, at `zoom` times its size. */
export async function drawSvg(svg: string, zoom: number = density): Promise<RgbaPicture> {
  const fontFiles = dejaVuFiles();
  const image = await renderAsync(svg.replaceAll(fontFamily, family), {
    fitTo: { mode: 'zoom', value: zoom },
    background: '#ffffff',
    font: {
      fontFiles,
      loadSystemFonts: fontFiles.length === 0 || needsSystemFonts(svg),
      defaultFontFamily: family,
      sansSerifFamily: family,
    },
  });
  return { data: image.pixels, width: image.width, height: image.height };
}

/** A picture as a PNG file. */
export function encodePng({ data, width, height }: RgbaPicture): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** The light variant of an SVG as a PNG file, at twice its size. */
export async function svgToPng(svg: string): Promise<Buffer> {
  return encodePng(await drawSvg(svg));
}

/** None in a bundle that left the package behind; the system's fonts serve then. */
function dejaVuFiles(): string[] {
  const require = createRequire(import.meta.url);
  try {
    const folder = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
    return ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(folder, file));
  } catch {
    return [];
  }
}

/**
 * Whether a text has letters beyond Latin, Greek, Cyrillic and common symbols, all of which DejaVu Sans has. Reading the
 * system's fonts can take a second where there are many, so it's done for other letters only.
 */
function needsSystemFonts(text: string): boolean {
  return /[\u{530}-\u{1dff}\u{2300}-\u{10ffff}]/u.test(text);
}
