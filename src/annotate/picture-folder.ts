// A folder of pictures that ferlab writes: annotated copies, or the faces that were cut out. The folder is new or empty, so
// that no picture of anybody's is ever overwritten; names that meet get a number.

import { rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { loadSharp } from '../decode/load-sharp.js';
import { createFolder, ioError } from '../files/atomic.js';
import { type ClaimedFolder, claimEmptyFolder } from '../files/claim-folder.js';
import { busyFolder } from '../files/lock.js';
import { copiesMark } from '../files/own-output.js';
import type { RgbImage } from '../image/rgb.js';

/**
 * Where the picture of a file goes in a folder of results: below a folder that was named, its path there; otherwise its
 * name. Without an extension, and with no letters that systems refuse.
 *
 * @param paths that were named on the command line.
 */
export function nameFor(file: string, paths: readonly string[]): string {
  const above = paths.find((path) => file.startsWith(path.endsWith(sep) ? path : path + sep));
  const name = above === undefined ? basename(file) : relative(above, file);
  const parts = name.split(sep).filter((part) => part !== '..');
  const last = parts.pop() ?? name;
  const stem = /\.csv:\d+$/i.test(last) ? last : last.slice(0, last.length - extname(last).length);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what Windows refuses in names
  const safe = [...parts, stem].map((part) => part.replace(/[\u0000-\u001f:*?"<>|\\]/g, '-') || '-');
  return safe.join('/');
}

/** Writes pictures into one folder. */
export class PictureFolder {
  private readonly taken = new Set<string>();

  private constructor(
    private readonly folder: ClaimedFolder,
    private readonly hasCopies: boolean,
  ) {}

  /**
   * @param hasCopies whether they are copies with something drawn into them. Such a folder gets a hidden file by which ferlab knows
   *   it: where it lies among the pictures, they aren't read again the next time.
   * @throws FerlabError `io` where the folder holds something or can't be made.
   */
  static async open(path: string, hasCopies = false): Promise<PictureFolder> {
    return new PictureFolder(await claimEmptyFolder(path, busyFolder(path, 'writing pictures')), hasCopies);
  }

  /**
   * Writes a picture as JPEG or PNG.
   *
   * @param name as nameFor makes it; `name-2` and so on where it is taken.
   * @returns the file's path in the folder, with forward slashes.
   */
  async write(name: string, image: RgbImage, form: 'jpg' | 'png'): Promise<string> {
    const file = this.freeName(name, form);
    const path = join(this.folder.path, file);
    await createFolder(dirname(path));
    const bytes = await encodePicture(image, form);
    try {
      await writeFile(path, bytes, { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true });
      throw ioError(`Could not write ${path}`, 'writing', error, '');
    }
    return file;
  }

  /** Lets other processes write into the folder; one that is still empty is removed. */
  async close(): Promise<void> {
    if (this.taken.size === 0) return this.folder.undo();
    // Without it all else is there: a full disk has been told by then.
    if (this.hasCopies) await writeFile(join(this.folder.path, copiesMark), '').catch(() => undefined);
    await this.folder.release();
  }

  private freeName(name: string, form: string): string {
    // Some systems don't tell capitals from small letters.
    for (let i = 1; ; i++) {
      const file = `${name}${i === 1 ? '' : `-${i}`}.${form}`;
      const key = file.toLowerCase();
      if (this.taken.has(key)) continue;
      this.taken.add(key);
      return file;
    }
  }
}

async function encodePicture({ data, width, height }: RgbImage, form: 'jpg' | 'png'): Promise<Buffer> {
  const sharp = await loadSharp();
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  return form === 'jpg'
    ? picture.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer()
    : picture.png().toBuffer();
}

/** The form of a copy of this file: JPEG stays JPEG, which is small; everything else becomes PNG, which loses nothing. */
export function formOfCopy(file: string): 'jpg' | 'png' {
  return /\.(jpe?g|jpe|jfif)$/i.test(file) ? 'jpg' : 'png';
}
