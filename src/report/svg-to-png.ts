// Plots as PNG files, for readers of reports that can't show SVG.

import sharp from 'sharp';
import { prepareFonts } from './fonts.js';

/** The light variant of an SVG as PNG, at twice its size. */
export async function svgToPng(svg: string): Promise<Buffer> {
  await prepareFonts();
  return sharp(Buffer.from(svg), { density: 144 }).png({ compressionLevel: 9 }).toBuffer();
}
