// Opens a film by what its file is: animations by sharp, everything else by ffmpeg.

import { open, stat } from 'node:fs/promises';
import { imageFormat } from '../decode/image-format.js';
import { FerlabError } from '../errors.js';
import { ioError } from '../files/atomic.js';
import { openAnimation } from './animation.js';
import type { Film } from './film.js';
import { openFfmpegFilm } from './read-film.js';

const headBytes = 4096;

/**
 * Opens a film or an animation.
 *
 * @param path of a file; addresses such as http: are taken for names of files.
 * @throws FerlabError `data` for what is no film; `io` where the file can't be read, or ffmpeg is needed and missing.
 */
export async function openFilm(path: string): Promise<Film> {
  const head = await readHead(path);
  if (head.length === 0) throw new FerlabError('data', `${path}: expected a film, found an empty file.`);
  const format = imageFormat(head);
  if (format === 'GIF' || format === 'WebP') return openAnimation(path, format);
  if (format !== null) {
    throw new FerlabError(
      'data',
      `${path}: expected a film, found a ${format} image. For photographs, use "ferlab predict".`,
    );
  }
  return openFfmpegFilm(path);
}

async function readHead(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new FerlabError('data', `${path}: expected a film, found no such file.`);
    throw ioError(`Could not read ${path}`, 'looking at it', error, '');
  });
  if (!found.isFile()) {
    const kind = found.isDirectory() ? 'a folder' : 'no ordinary file';
    throw new FerlabError('data', `${path}: expected the file of a film, found ${kind}.`);
  }
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw ioError(`Could not read ${path}`, 'reading it', error, '');
  }
}
