// Writes a film from frames: encoded by ffmpeg as they come, into a file beside the one that is asked for, which is renamed
// at the end; so that the name never stands for half a film. Sound is taken from another film at the end.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { FerlabError } from '../errors.js';
import { ioError } from '../files/atomic.js';
import type { RgbImage } from '../image/rgb.js';
import { filmAddress, firstComplaint, keepTimes, readingOptions, runTool, startTool } from './ffmpeg.js';
import { frameHead, matroskaHead, ticksPerSecond } from './raw-matroska.js';

/** By the end of the name: what ffmpeg calls the container. */
const containers: Readonly<Record<string, string>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mov',
  '.mkv': 'matroska',
};

/** Encoders in the order in which they are tried, with their settings. */
const encoders: readonly (readonly string[])[] = [
  ['libx264', '-preset', 'veryfast', '-crf', '20'],
  ['h264_videotoolbox', '-q:v', '65'],
  ['libopenh264', '-b:v', '6M'],
  ['mpeg4', '-q:v', '3'],
];

/** Codecs of sound that stay as they are in every container. */
const copiedSound = ['aac', 'mp3', 'ac3'];

const lateSeconds = 3600;

export interface FilmWriter {
  readonly path: string;
  /** Writes a frame of the film's size; waits while the encoder is behind. */
  write(time: number, image: RgbImage): Promise<void>;
  /**
   * Ends the film. Without a frame there is none.
   *
   * @returns what is wrong with it, for people; null where nothing is.
   */
  close(): Promise<string | null>;
  /** Gives the film up; nothing of it is left. */
  abandon(): Promise<void>;
}

export interface WriterOptions {
  width: number;
  height: number;
  /** The film whose sound is taken; null for none. */
  soundOf: string | null;
  /** Where in that film the first frame is, in seconds. Times of frames are those of that film. */
  start: number;
}

/**
 * Begins a film.
 *
 * @param path of a file that doesn't exist; its name ends in .mp4, .m4v, .mov or .mkv.
 * @throws FerlabError `usage` for another name; `io` where there is such a file, or no ffmpeg that can write films.
 */
export async function createFilm(path: string, options: WriterOptions): Promise<FilmWriter> {
  const container = await checkFilmPath(path);
  const encoder = await findEncoder();
  const temporary = join(
    dirname(resolve(path)),
    `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
  return new Writer(path, temporary, container, encoder, await keepTimes(), options);
}

/** @returns what ffmpeg calls the container. */
export async function checkFilmPath(path: string): Promise<string> {
  const container = containers[extname(path).toLowerCase()];
  if (container === undefined) {
    throw new FerlabError(
      'usage',
      `${path}: expected a name that ends in ${Object.keys(containers).join(', ')} for the annotated film. Rename it.`,
    );
  }
  const there = await lstat(path).catch(() => null);
  if (there !== null) {
    throw new FerlabError(
      'io',
      `${path}: expected no such file yet, found one. Choose another name, or remove it.`,
    );
  }
  const folder = await lstat(dirname(resolve(path))).catch(() => null);
  if (folder === null) {
    throw new FerlabError(
      'io',
      `${path}: expected an existing folder for the annotated film. Create it first.`,
    );
  }
  return container;
}

/** The first encoder that works on this machine: some are listed and can't be used. */
async function findEncoder(): Promise<readonly string[]> {
  const { out } = await runTool('ffmpeg', ['-hide_banner', '-encoders'], 60);
  for (const encoder of encoders) {
    if (!new RegExp(`^\\s*V\\S*\\s+${encoder[0]}\\s`, 'm').test(out)) continue;
    const trial = startTool(
      'ffmpeg',
      [
        '-v',
        'error',
        '-f',
        'matroska',
        '-i',
        'pipe:0',
        '-c:v',
        ...encoder,
        '-pix_fmt',
        'yuv420p',
        '-f',
        'null',
        '-',
      ],
      true,
    );
    const stdin = trial.child.stdin!;
    stdin.on('error', () => {}); // it may end before it has read all
    stdin.write(matroskaHead(64, 64));
    for (const time of [0, 0.04]) {
      stdin.write(frameHead(time, 64 * 64 * 3));
      stdin.write(new Uint8Array(64 * 64 * 3));
    }
    stdin.end();
    trial.child.stdout!.resume();
    trial.child.stderr!.resume();
    if ((await trial.ended).code === 0) return encoder;
  }
  throw new FerlabError(
    'io',
    `ffmpeg: expected an encoder among ${encoders.map(([name]) => name).join(', ')}, found none that works. Install an ` +
      'ffmpeg with libx264.',
  );
}

class Writer implements FilmWriter {
  private readonly tool;
  private complaints = '';
  private frames = 0;
  private last = 0;
  private failed = false;

  constructor(
    readonly path: string,
    private readonly temporary: string,
    private readonly container: string,
    encoder: readonly string[],
    times: readonly string[],
    private readonly options: WriterOptions,
  ) {
    const { width, height } = options;
    this.tool = startTool(
      'ffmpeg',
      [
        ...['-hide_banner', '-nostats', '-loglevel', 'error', '-f', 'matroska', '-i', 'pipe:0'],
        // Encoders take even sides only.
        ...[
          '-vf',
          `pad=${width + (width % 2)}:${height + (height % 2)}`,
          '-c:v',
          ...encoder,
          '-pix_fmt',
          'yuv420p',
        ],
        ...[...times, '-enc_time_base', `1:${ticksPerSecond}`, '-movflags', '+faststart'],
        ...['-f', container, filmAddress(temporary)],
      ],
      true,
    );
    this.tool.child.stdout!.resume();
    this.tool.child.stderr!.setEncoding('utf8').on('data', (part: string) => {
      if (this.complaints.length < 4000) this.complaints += part;
    });
    // Of a pipe whose reader has gone; what the reader says at its end is worth more.
    this.tool.child.stdin!.on('error', () => {
      this.failed = true;
    });
    this.tool.child.stdin!.write(matroskaHead(width, height));
  }

  async write(time: number, { data }: RgbImage): Promise<void> {
    const stdin = this.tool.child.stdin!;
    if (this.failed) throw await this.failure();
    this.last = Math.max(0, time - this.options.start);
    this.frames++;
    stdin.write(frameHead(this.last, data.length));
    if (stdin.write(data)) return;
    // The end of the process also ends the waiting.
    await Promise.race([once(stdin, 'drain'), this.tool.ended]).catch(() => {});
    if (this.failed || stdin.destroyed) throw await this.failure();
  }

  async close(): Promise<string | null> {
    if (this.frames === 0) {
      await this.abandon();
      return null;
    }
    this.tool.child.stdin!.end();
    const { code, signal } = await this.tool.ended;
    if (code !== 0 || signal !== null) throw await this.failure();
    const warning = await this.addSound();
    try {
      await rename(this.temporary, this.path);
    } catch (error) {
      throw ioError(`Could not write ${this.path}`, 'renaming', error, '');
    }
    return warning;
  }

  async abandon(): Promise<void> {
    this.tool.kill();
    await this.tool.ended.catch(() => {});
    await rm(this.temporary, { force: true });
  }

  private async failure(): Promise<FerlabError> {
    const { code, signal } = await this.tool.ended;
    await this.abandon();
    const how = signal === null ? `code ${code}: ${firstComplaint(this.complaints, this.temporary)}` : signal;
    const full = /No space left/i.test(this.complaints) ? ' The disk is full: free some space.' : '';
    return new FerlabError(
      'io',
      `${this.path}: expected ffmpeg to write the annotated film, found that it ended with ${how}.${full}`,
    );
  }

  /** Copies the sound of the same time into the film. What can't be copied is left out, with a warning. */
  private async addSound(): Promise<string | null> {
    const { soundOf, start } = this.options;
    if (soundOf === null) return null;
    const withSound = `${this.temporary.slice(0, -4)}.sound.tmp`;
    const codecs = await soundCodecs(soundOf);
    const codec = codecs.every((name) => copiedSound.includes(name)) ? 'copy' : 'aac';
    const { code, err } = await runTool(
      'ffmpeg',
      [
        ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', '-i', filmAddress(this.temporary)],
        ...[...readingOptions, ...(start > 0 ? ['-ss', String(start)] : []), '-t', String(this.last + 0.04)],
        ...['-i', filmAddress(soundOf), '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', codec],
        ...['-movflags', '+faststart', '-f', this.container, filmAddress(withSound)],
      ],
      lateSeconds,
    );
    if (code === 0) {
      await rename(withSound, this.temporary);
      return null;
    }
    await rm(withSound, { force: true });
    return `${this.path}: the sound couldn't be copied (${firstComplaint(err, soundOf)}); the film has none.`;
  }
}

async function soundCodecs(path: string): Promise<string[]> {
  const { out } = await runTool(
    'ffprobe',
    [
      ...['-v', 'error', ...readingOptions, '-select_streams', 'a', '-show_entries', 'stream=codec_name'],
      ...['-of', 'csv=p=0', '-i', filmAddress(path)],
    ],
    60,
  );
  return out.split(/\s+/).filter((name) => name !== '');
}
