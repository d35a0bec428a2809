// What a person says about a model file from elsewhere.

import type { Scaling } from './scaling.js';

export interface ImportSettings {
  /** Names of the outputs, in their order. */
  classes: readonly string[];
  /** What is done to pixels from 0 to 255; null where the file does it. */
  scaling: Scaling | null;
  /** Of its images, where the file leaves it open. */
  size?: { width: number; height: number } | undefined;
}
