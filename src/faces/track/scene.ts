// Where a film is cut: two frames one after the other that have nothing in common.

import type { RgbImage } from '../../image/rgb.js';
import { type Appearance, appearanceDistance, normalised } from './appearance.js';

const columns = 32;
const rows = 18;
/** Samples of a cell, squared. */
const samples = 4;

/** A frame as a small grey picture. */
export interface Scene {
  /** Levels from 0 to 255. */
  readonly cells: Float32Array;
  /** The same without brightness and contrast; null where it is of one level. */
  readonly pattern: Appearance | null;
}

export function sceneOf({ width, height, data }: RgbImage): Scene {
  const cells = new Float32Array(columns * rows);
  for (let row = 0; row < rows * samples; row++) {
    const y = Math.floor(((row + 0.5) * height) / (rows * samples));
    for (let column = 0; column < columns * samples; column++) {
      const x = Math.floor(((column + 0.5) * width) / (columns * samples));
      const at = (y * width + x) * 3;
      cells[Math.floor(row / samples) * columns + Math.floor(column / samples)]! +=
        (data[at]! * 0.299 + data[at + 1]! * 0.587 + data[at + 2]! * 0.114) / samples ** 2;
    }
  }
  return { cells, pattern: normalised(cells) };
}

/**
 * Of pairs of photographs in ../shared 96% have patterns further apart, of two frames of one clip (many frames between them) 6%.
 */
const differentPatterns = 0.6;
/** So much of the picture changes, by so many levels: not where somebody leaves a dark stage. */
const changedShare = 0.4;
const changedLevels = 12;
/** Frames that are further apart in time may differ although the camera ran on. */
const longestStep = 0.5;

/** Whether the picture has changed as a whole between two frames that are `seconds` apart. */
export function isCut(before: Scene | null, after: Scene, seconds: number): boolean {
  if (before?.pattern == null || after.pattern === null || seconds > longestStep) return false;
  if (appearanceDistance(before.pattern, after.pattern) <= differentPatterns) return false;
  let changed = 0;
  for (const [i, level] of after.cells.entries())
    if (Math.abs(level - before.cells[i]!) > changedLevels) changed++;
  return changed > changedShare * after.cells.length;
}
