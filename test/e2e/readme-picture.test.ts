// The picture at the top of README.md shows the answer of the bundled model.

import { expect, it } from 'vitest';
import { readText } from '../structure/sources.js';

const script = new URL('../../scripts/readme-picture.js', import.meta.url).href;

it('docs/face.svg is what scripts/readme-picture.js draws now', async () => {
  const { readmePicture } = (await import(script)) as { readmePicture(): Promise<string> };
  // Otherwise run: node scripts/readme-picture.js
  expect(readText('docs/face.svg')).toBe(await readmePicture());
});
