// Where a film is cut: two frames one after the other that have nothing in common.

import type { RgbImage } from '../../image/rgb.js';
import { type Appearance, appearanceDistance, normalised } from './appearance.js';

const columns = 32;
const rows = 18;
/** Samples of a cell, squared. */
const samples = 4;

/** A frame as a small grey picture without its brightness and contrast; null where it is of one level. */
export type Scene = Appearance;

export function sceneOf({ width, height, data }: RgbImage): Scene | null {
  const cells = new Float32Array(columns * rows);
  for (let row = 0; row < rows * samples; row++) {
    const y = Math.floor(((row + 0.5) * height) / (rows * samples));
    for (let column = 0; column < columns * samples; column++) {
      const x = Math.floor(((column + 0.5) * width) / (columns * samples));
      const at = (y * width + x) * 3;
      cells[Math.floor(row / samples) * columns + Math.floor(column / samples)]! +=
        data[at]! * 0.299 + data[at + 1]! * 0.587 + data[at + 2]! * 0.114;
    }
  }
  return normalised(cells);
}

/**
 * Of pairs of photographs in ../shared 96% are further apart, of two frames of one clip (many frames between them) 6%.
 */
const differentScenes = 0.6;
/** Frames that are further apart in time may differ although the camera ran on. */
const longestStep = 0.5;

/** Whether the picture has changed as a whole between two frames that are `seconds` apart. */
export function isCut(before: Scene | null, after: Scene | null, seconds: number): boolean {
  if (before === null || after === null || seconds > longestStep) return false;
  return appearanceDistance(before, after) > differentScenes;
}
