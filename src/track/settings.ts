// The settings of a run as flat names and texts, as trackers want them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Settings by dotted names: `optimizer.learningRate` is `0.001`. A network's description is left out. */
export function readSettings(runFolder: string): Record<string, string> {
  const stored = JSON.parse(readFileSync(join(runFolder, 'config.json'), 'utf8')) as { config?: unknown };
  const found: Record<string, string> = {};
  flatten(stored.config ?? stored, '', found);
  return found;
}

function flatten(value: unknown, name: string, found: Record<string, string>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value))
      flatten(inner, name === '' ? key : `${name}.${key}`, found);
  } else if (name !== 'model.nodes' && value !== null) {
    found[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
}
