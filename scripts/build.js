// `npm run build`: compiles src/ to dist/ where it has changed, and removes what was compiled from sources that are gone.

import { buildWhereNeeded, setupOrExit } from './setup.js';

setupOrExit(buildWhereNeeded);
