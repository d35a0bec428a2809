// Frames of a film, decoded by ffmpeg and read through a pipe. ffmpeg waits while nobody reads, so that no more than a few
// frames are in memory. Times come from ffmpeg's filter showinfo, which writes them to standard error before the pixels of
// the frame leave: frames keep their own times, also where they aren't equally far apart.

import { FerlabError } from '../errors.js';
import {
  filmAddress,
  firstComplaint,
  keepTimes,
  type RunningTool,
  readingOptions,
  startTool,
} from './ffmpeg.js';
import { chooser, type Film, type FilmFrame, type FrameChoice } from './film.js';
import { type ProbedFilm, probeFilm } from './probe.js';

/** ffmpeg is ended when it gives nothing for so long. */
const stallSeconds = 120;

/** @throws FerlabError `data` for what is no film; `io` where ffmpeg is missing. */
export async function openFfmpegFilm(path: string): Promise<Film> {
  const probed = await probeFilm(path);
  const { width, height, seconds, frameRate, sound, format } = probed;
  const damage: string[] = [];
  return {
    ...{ path, width, height, seconds, frameRate, sound, format, damage },
    frames: (size, choice = {}) => readFrames({ path, probed, size, choice, damage }),
  };
}

interface Reading {
  path: string;
  probed: ProbedFilm;
  size: { width: number; height: number };
  choice: FrameChoice;
  damage: string[];
}

/** Which frames, with square pixels, all of one size: a film that changes its size gets bars, as a player shows it. */
function filters({ probed, size: { width, height }, choice: { start = 0, every } }: Reading): string {
  const parts: string[] = [];
  if (every !== undefined && 'frames' in every) parts.push(`select='not(mod(n,${every.frames}))'`);
  if (every !== undefined && 'seconds' in every) {
    // As chooser() does; times here begin at `start`.
    const period = (t: string) => `floor((${t}+${start})/${every.seconds}+1e-6)`;
    parts.push(`select='isnan(prev_selected_t)+not(eq(${period('t')},${period('prev_selected_t')}))'`);
  }
  parts.push('showinfo');
  if (probed.pixelShape !== 1) parts.push('scale=iw*sar:ih', 'setsar=1');
  parts.push(
    `scale=${width}:${height}:force_original_aspect_ratio=decrease:flags=bilinear`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
    'format=rgb24',
  );
  return parts.join(',');
}

async function ffmpegArguments(reading: Reading): Promise<string[]> {
  const { start = 0, end } = reading.choice;
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', ...readingOptions],
    ...(start > 0 ? ['-ss', String(start)] : []),
    ...(end === undefined ? [] : ['-t', String(Math.max(0, end - start))]),
    ...['-i', filmAddress(reading.path), '-map', `0:${reading.probed.stream}`, '-vf', filters(reading)],
    ...[...(await keepTimes()), '-f', 'rawvideo', 'pipe:1'],
  ];
}

/** What ffmpeg writes to standard error: times of frames, and complaints. */
class Messages {
  readonly times: number[] = [];
  complaints = '';
  count = 0;
  private rest = '';
  private wake: (() => void) | null = null;
  private over = false;

  constructor(stream: NodeJS.ReadableStream) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => this.read(part));
    for (const event of ['close', 'end', 'error']) {
      stream.on(event, () => {
        this.over = true;
        this.wake?.();
      });
    }
  }

  private read(part: string): void {
    const lines = (this.rest + part).split(/[\r\n]+/);
    // A line without an end must not grow for ever.
    this.rest = lines.pop()!.slice(0, 10_000);
    for (const line of lines) {
      const time = /showinfo.*\bn:\s*\d+.*\bpts_time:\s*(\S+)/.exec(line)?.[1];
      if (time !== undefined) this.times.push(Number(time));
      else if (/\[(error|fatal|panic)\]/.test(line)) {
        this.count++;
        if (this.complaints.length < 2000) this.complaints += `${line}\n`;
      }
    }
    this.wake?.();
  }

  /** The time of the next frame; NaN where ffmpeg doesn't know it. */
  async nextTime(): Promise<number> {
    while (this.times.length === 0 && !this.over)
      await new Promise<void>((fulfil) => {
        this.wake = fulfil;
      });
    return this.times.shift() ?? Number.NaN;
  }
}

/** Pixels of one frame after the other; a rest that isn't a whole one is dropped. */
async function* wholeFrames(
  tool: RunningTool,
  bytes: number,
  stalled: () => void,
): AsyncGenerator<Uint8Array> {
  let frame = new Uint8Array(bytes);
  let filled = 0;
  const wait = () =>
    setTimeout(() => {
      stalled();
      tool.kill();
    }, stallSeconds * 1000);
  let timer = wait();
  try {
    for await (const chunk of tool.child.stdout as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      for (let from = 0; from < chunk.length; ) {
        const part = chunk.subarray(from, from + bytes - filled);
        frame.set(part, filled);
        filled += part.length;
        from += part.length;
        if (filled < bytes) continue;
        yield frame;
        frame = new Uint8Array(bytes);
        filled = 0;
      }
      timer = wait();
    }
  } finally {
    clearTimeout(timer);
  }
}

async function* readFrames(reading: Reading): AsyncGenerator<FilmFrame, void, undefined> {
  const { path, probed, size, choice, damage } = reading;
  const { start = 0, end, every } = choice;
  // ffmpeg chooses by number and period; the start and the end are held to here, too, since it rounds them.
  const isInside = chooser({ start, end });
  const tool = startTool('ffmpeg', await ffmpegArguments(reading), false);
  const messages = new Messages(tool.child.stderr!);
  const step = every !== undefined && 'seconds' in every ? every.seconds : 1 / (probed.frameRate ?? 25);
  let last = Number.NEGATIVE_INFINITY;
  let stalled = false;
  let finished = false;
  try {
    const onStall = () => {
      stalled = true;
    };
    for await (const data of wholeFrames(tool, size.width * size.height * 3, onStall)) {
      const told = start + (await messages.nextTime());
      // Files whose frames have no times, or some that go back: each is after the one before.
      const time = Number.isNaN(told) ? (last < 0 ? start : last + step) : Math.max(told, last + 1e-3);
      last = time;
      if (!isInside(0, Math.max(start, time))) continue;
      const { width, height } = probed;
      yield { time, picture: { width, height, image: { width: size.width, height: size.height, data } } };
    }
    finished = true;
  } finally {
    if (!finished) tool.kill();
  }
  const { code, signal } = await tool.ended;
  if (code === 0 && last >= 0) {
    if (messages.count > 0) damage.push(damageText(messages, path));
    return;
  }
  throw endedEarly({ path, last, code, signal, stalled, messages });
}

function damageText({ count, complaints }: Messages, path: string): string {
  const times = count === 1 ? 'once' : `${count} times`;
  return `${path}: ffmpeg complained ${times}, first: ${firstComplaint(complaints, path)}. Frames may be missing or damaged.`;
}

function endedEarly(ending: {
  path: string;
  last: number;
  code: number | null;
  signal: NodeJS.Signals | null;
  stalled: boolean;
  messages: Messages;
}): FerlabError {
  const { path, last, code, signal, stalled, messages } = ending;
  const where = last >= 0 ? `after ${last.toFixed(2)} s of the film` : 'before the first frame';
  const expected = `${path}: expected ffmpeg to read to the end of the film`;
  if (stalled) {
    return new FerlabError(
      'io',
      `${expected}, found that it gave nothing for ${stallSeconds} s ${where}. Check the disk.`,
    );
  }
  if (signal !== null) {
    return new FerlabError(
      'io',
      `${expected}, found that it was ended by ${signal} ${where}. Was it killed, or was memory short? Try again.`,
    );
  }
  const reason = firstComplaint(messages.complaints, path);
  if (last < 0) {
    const found = messages.complaints === '' ? 'none in the part that was asked for' : `none (${reason})`;
    return new FerlabError('data', `${path}: expected at least one frame, found ${found}.`);
  }
  return new FerlabError('io', `${expected}, found that it stopped ${where} with code ${code} (${reason}).`);
}
