// Some pictures below the folders that the studio was given, so that the page has something to show. The page names them by a
// digest of their path: what isn't on the list can't be asked for.

import { readFile, realpath, stat } from 'node:fs/promises';
import { sha256 } from '../files/sha256.js';
import { isImageName, isInside } from '../files/walk-images.js';
import { filesBelow, nameBelow } from './folders.js';

export interface ListedPicture {
  id: string;
  /** For people: the path below the folder that was given. */
  name: string;
}

/** Of each folder so many are looked at, of which `mostShown` are offered, spread over all. */
const mostFound = 5_000;
const mostShown = 14;
const mostBytes = 64 * 1024 * 1024;

export class PictureList {
  private readonly files = new Map<string, string>();

  /** @param folders without links, as openFolders gives them. */
  constructor(private readonly folders: readonly string[]) {}

  async list(): Promise<ListedPicture[]> {
    const all: { file: string; folder: string }[] = [];
    for (const folder of this.folders)
      for (const file of await filesBelow(folder, isImageName, mostFound)) all.push({ file, folder });
    const step = Math.max(1, all.length / mostShown);
    const shown = Array.from(
      { length: Math.min(mostShown, all.length) },
      (_, i) => all[Math.floor(i * step)]!,
    );
    return shown.map(({ file, folder }) => {
      const id = sha256(new TextEncoder().encode(file));
      this.files.set(id, file);
      return { id, name: nameBelow(file, folder) };
    });
  }

  /** The bytes of a listed picture; null for one that isn't on the list, has gone, or leads out of the folders by now. */
  async read(id: string): Promise<Uint8Array | null> {
    const file = this.files.get(id);
    if (file === undefined) return null;
    try {
      const real = await realpath(file);
      if (!this.folders.some((folder) => isInside(real, folder))) return null;
      return (await stat(real)).size > mostBytes ? null : await readFile(real);
    } catch {
      return null;
    }
  }
}
