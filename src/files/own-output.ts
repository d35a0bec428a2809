// Folders that ferlab itself wrote: of a run, an evaluation, an audit, a cross-validation, a film, or of copies of pictures with
// boxes drawn into them. They may lie inside a dataset (`ferlab train .` makes runs/ there); their plots are no images of it.

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockName } from './lock.js';

/** What the first bytes of each file hold where ferlab wrote it. The names alone are other programs' too. */
const marks: Readonly<Record<string, readonly RegExp[]>> = {
  'config.json': [/"version": ?"/, /"command": ?"/, /"config": ?\{/],
  'report.json': [/"version": ?"/, /"command": ?"/],
  'audit.json': [/"version": ?"/, /"dataset": ?"/, /"image_?[sS]ize": ?\d/],
  'summary.json': [/"version": ?"/, /"framesWithoutFaces": ?\d/],
  'plan.json': [/"format": ?\d/, /"folds": ?\d/, /"fingerprint": ?"/],
};

/** Marks a folder of annotated copies, which has nothing else to know it by. Hidden: it is of no use to people. */
export const copiesMark = '.ferlab-annotated';

const headBytes = 65_536;

async function head(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/**
 * The file by which a folder shows that ferlab wrote it; null for other folders.
 *
 * @param names of what is in the folder, where the caller has listed it; hidden ones included.
 */
export async function ownOutputMark(path: string, names?: readonly string[]): Promise<string | null> {
  const there = names ?? (await readdir(path).catch(() => []));
  if (there.includes(lockName)) return lockName; // a run that has only begun
  if (there.includes(copiesMark)) return copiesMark;
  if (there.includes('history.json') && there.includes('last.safetensors')) return 'last.safetensors';
  for (const [name, patterns] of Object.entries(marks)) {
    if (!there.includes(name)) continue;
    const text = await head(join(path, name));
    if (patterns.every((pattern) => pattern.test(text))) return name;
  }
  return null;
}

/** Pictures that ferlab writes, for folders that hold them beside others: `ferlab evaluate faces --out faces`. */
const pictures: ReadonlySet<string> = new Set([
  ...['accuracy', 'loss', 'calibration', 'confusion', 'confusion-normalised', 'augmented', 'mistakes'],
  ...['duplicates-across-splits', 'duplicates', 'conflicts', 'near-duplicates', 'near-conflicts', 'blank'],
  ...['unlike-the-others', 'suspect-labels', 'timeline'],
]);

/** Whether a picture in a folder with ferlab's mark is ferlab's own. */
export function isOwnPicture(name: string): boolean {
  const title = name.slice(0, -4);
  return name.endsWith('.png') && (pictures.has(title) || /^person-\d+$/.test(title));
}
