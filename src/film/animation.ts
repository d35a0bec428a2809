// Animated GIF and WebP files as films, by sharp: no ffmpeg is needed. libvips decodes an animation from its start to reach
// a page, so pages are decoded some at a time: memory is that of one batch and the next, and only very long animations pay
// for it (measured with 640x480: 1.2 ms for each page of a GIF that is passed over, 7.5 ms of a WebP).

import { readFile } from 'node:fs/promises';
import { loadSharp } from '../decode/load-sharp.js';
import { FerlabError } from '../errors.js';
import { chooser, type Film, type FilmFrame, type FrameChoice } from './film.js';

/** Bytes of decoded pages at a time. */
const batchBytes = 64_000_000;
const mostPixels = 40_000_000;
/** Pages that are to be shown for a hundredth of a second or less are shown for a tenth, as all browsers do. */
const leastDelay = 10;
const usualDelay = 100;

interface Pages {
  bytes: Buffer;
  width: number;
  height: number;
  /** Of each page, in seconds. */
  times: number[];
  seconds: number;
}

/** @throws FerlabError `data` where the file can't be decoded. */
export async function openAnimation(path: string, format: string): Promise<Film> {
  const pages = await readPages(path);
  const { width, height, times, seconds } = pages;
  const damage: string[] = [];
  return {
    ...{ path, width, height, seconds, sound: false, format, damage },
    frameRate: seconds > 0 ? times.length / seconds : null,
    frames: (size, choice = {}) => readFrames(path, pages, size, choice, damage),
  };
}

async function readPages(path: string): Promise<Pages> {
  const sharp = await loadSharp();
  const bytes = await readFile(path);
  const damaged = (cause: unknown) =>
    new FerlabError('data', `${path}: expected an undamaged animation, found one that can't be decoded.`, {
      cause,
    });
  const metadata = await sharp(bytes, { animated: true, limitInputPixels: false, failOn: 'none' })
    .metadata()
    .catch((error: unknown) => {
      throw damaged(error);
    });
  const { width = 0, pages = 1, pageHeight, delay = [] } = metadata;
  const height = pageHeight ?? metadata.height ?? 0;
  if (!(width > 0 && height > 0)) throw damaged(undefined);
  if (width * height > mostPixels) {
    throw new FerlabError(
      'data',
      `${path}: expected pictures of at most ${mostPixels / 1e6} million pixels, found ${width} x ${height}. Make it smaller first.`,
    );
  }
  const times: number[] = [];
  let milliseconds = 0; // sums of seconds would be a little off
  for (let page = 0; page < pages; page++) {
    times.push(milliseconds / 1000);
    const shown = delay[page] ?? usualDelay;
    milliseconds += shown <= leastDelay ? usualDelay : shown;
  }
  return { bytes, width, height, times, seconds: milliseconds / 1000 };
}

/** Decoded pages `first` to `first + count`, one below the other. */
async function decodePages(
  { bytes, width, height }: Pages,
  first: number,
  count: number,
): Promise<{ data: Buffer; count: number }> {
  const sharp = await loadSharp();
  const { data, info } = await sharp(bytes, {
    page: first,
    pages: count,
    limitInputPixels: false,
    failOn: 'none',
  })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .timeout({ seconds: 300 })
    .toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.channels !== 3 || info.height % height !== 0)
    throw new RangeError(`pages of ${info.width} x ${info.height} x ${info.channels}`);
  return { data, count: info.height / height };
}

/** As decodePages; of pages that can't be decoded together fewer, and null where not even one can be. */
async function decodeSome(pages: Pages, first: number, count: number): ReturnType<typeof tryPages> {
  for (let some = count; some >= 1; some = Math.floor(some / 2)) {
    const decoded = await tryPages(pages, first, some);
    if (decoded !== null) return decoded;
  }
  return null;
}

const tryPages = (pages: Pages, first: number, count: number) =>
  decodePages(pages, first, count).catch(() => null);

async function* readFrames(
  path: string,
  pages: Pages,
  size: { width: number; height: number },
  choice: FrameChoice,
  damage: string[],
): AsyncGenerator<FilmFrame, void, undefined> {
  const { width, height, times } = pages;
  const sharp = await loadSharp();
  const isChosen = chooser(choice);
  const pageBytes = width * height * 3;
  const batch = Math.max(1, Math.floor(batchBytes / pageBytes));
  const batchAt = (first: number) => decodeSome(pages, first, Math.min(batch, times.length - first));
  let next = batchAt(0);
  let read = 0;
  for (let first = 0; first < times.length; ) {
    const decoded = await next;
    if (decoded === null) break;
    const { data, count } = decoded;
    first += count;
    if (first < times.length) next = batchAt(first);
    for (let i = 0; i < count; i++, read++) {
      if (!isChosen(read, times[read]!)) continue;
      const whole = data.subarray(i * pageBytes, (i + 1) * pageBytes);
      const isSmaller = size.width !== width || size.height !== height;
      const pixels = isSmaller
        ? await sharp(whole, { raw: { width, height, channels: 3 } })
            .resize(size.width, size.height, { fit: 'fill', kernel: 'linear' })
            .raw()
            .toBuffer()
        : Uint8Array.prototype.slice.call(whole); // a copy: a caller who keeps one page must not keep the batch
      const image = { width: size.width, height: size.height, data: pixels };
      yield { time: times[read]!, picture: { width, height, image } };
    }
  }
  if (read === times.length) return;
  const found = `${read} of ${times.length} pictures`;
  if (read === 0) {
    throw new FerlabError(
      'data',
      `${path}: expected an undamaged animation, found none of its pictures whole.`,
    );
  }
  damage.push(`${path}: the animation is damaged: ${found} could be read.`);
}
