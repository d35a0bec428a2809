// Before the tiers that run dist/: compiles src/ where it has changed since.

export { buildWhereNeeded as setup } from '../scripts/setup.js';
