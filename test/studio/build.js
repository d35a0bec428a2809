// Before the studio's tests: compiles src/ and builds the page where they have changed since.

import { buildPageWhereNeeded } from '../../scripts/page.js';
import { buildWhereNeeded } from '../../scripts/setup.js';

export async function setup() {
  buildWhereNeeded();
  await buildPageWhereNeeded();
}
