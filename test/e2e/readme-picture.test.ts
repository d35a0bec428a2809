// The picture at the top of README.md shows the answer of the bundled model.

import { expect, it } from 'vitest';
import { readText } from '../structure/sources.js';

it('docs/face.svg is what scripts/readme-picture.js draws now', async () => {
  const { readmePicture } = await import('../../scripts/readme-picture.js');
  // Otherwise run: node scripts/readme-picture.js
  expect(readText('docs/face.svg')).toBe(await readmePicture());
});
