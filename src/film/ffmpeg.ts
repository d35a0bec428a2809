// ffmpeg and ffprobe of this machine, as processes. ferlab brings none along: they are asked for by name where a film is read
// or written. Files are named as `file:` with a whole path, so that no name is taken for an option or an address, and no
// other protocol is open to them: a film can't make them fetch anything.

import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { shorten } from '../check-options.js';
import { FerlabError } from '../errors.js';

export type Tool = 'ffmpeg' | 'ffprobe';

/** A film as ffmpeg's tools take it. */
export const filmAddress = (path: string): string => `file:${resolve(path)}`;

/**
 * Containers of films. Playlists, lists of files and scripts aren't among them: those would lead to other files.
 */
const containers = [
  ...[
    'mov',
    'mp4',
    'matroska',
    'webm',
    'avi',
    'mpegts',
    'mpeg',
    'flv',
    'asf',
    'ogg',
    'mxf',
    'dv',
    'rm',
    'wtv',
  ],
  ...['nut', 'ivf', 'mpegvideo', 'm4v', 'h264', 'hevc', 'obu', 'vc1', 'mjpeg', 'yuv4mpegpipe', 'gif', 'apng'],
];

/** Options before a film that is read: what may be opened, and how. */
export const readingOptions: readonly string[] = [
  ...['-protocol_whitelist', 'file,pipe'],
  ...['-format_whitelist', containers.join(',')],
];

function missing(tool: Tool, cause: unknown): FerlabError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT') {
    return new FerlabError('io', `${tool}: expected a program that starts, found ${code}. Check its file.`, {
      cause,
    });
  }
  return new FerlabError(
    'io',
    `${tool}: expected the program on this machine's PATH, found none. Films are read by ffmpeg, which isn't part of ferlab. ` +
      'Install it: "apt install ffmpeg" (Debian, Ubuntu), "dnf install ffmpeg-free" (Fedora), "brew install ffmpeg" ' +
      '(macOS), "winget install ffmpeg" (Windows). Animated GIF and WebP files need none.',
    { cause },
  );
}

/** A tool that runs. */
export interface RunningTool {
  readonly child: ChildProcess;
  /** How it ended. Rejects where it couldn't be started. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Ends it at once; nothing where it has ended. */
  kill(): void;
}

const running = new Set<ChildProcess>();
const killAll = () => {
  for (const child of running) child.kill('SIGKILL');
};

/**
 * Starts a tool, in a group of its own: Ctrl-C on the terminal is for this program, which ends its tools in order.
 *
 * @param input whether something is written to its standard input.
 */
export function startTool(tool: Tool, args: readonly string[], input: boolean): RunningTool {
  const child = spawn(tool, [...args], {
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  if (running.size === 0) process.on('exit', killAll);
  running.add(child);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((fulfil, reject) => {
    child.on('error', (error) => reject(missing(tool, error)));
    child.on('close', (code, signal) => fulfil({ code, signal }));
  }).finally(() => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
  });
  ended.catch(() => {}); // whoever reads its output learns of it
  return { child, ended, kill: () => void child.kill('SIGKILL') };
}

/** Bytes of output that are kept; the rest is dropped. */
const mostOutput = 4_000_000;

/**
 * Runs a tool to its end.
 *
 * @param seconds after which it is ended.
 * @throws FerlabError `io` where it isn't there or takes longer.
 */
export async function runTool(
  tool: Tool,
  args: readonly string[],
  seconds: number,
): Promise<{ code: number | null; out: string; err: string }> {
  const { child, ended, kill } = startTool(tool, args, false);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (part: string) => {
      if (text[name].length < mostOutput) text[name] += part;
    });
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, seconds * 1000);
  const { code } = await ended.finally(() => clearTimeout(timer));
  if (late) {
    throw new FerlabError(
      'io',
      `${tool}: expected an answer within ${seconds} s, found none. The file may be damaged, or the disk slow.`,
    );
  }
  return { code, out: text.stdout, err: text.stderr };
}

/** The first complaint of a tool, without addresses in memory and paths, for a message. */
export function firstComplaint(text: string, path: string): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) =>
      line.replaceAll(filmAddress(path), 'the file').replaceAll(/\[[^\]]*@ 0x[0-9a-f]+\]\s*/g, ''),
    )
    .map((line) => line.replace(/^\s*\[(error|fatal|panic)\]\s*/, '').trim())
    .filter((line) => line !== '');
  return shorten((lines[0] ?? 'no reason given').replace(/^the file: /, ''), 160);
}

let passthrough: Promise<readonly string[]> | null = null;

/** The options that keep every frame and its time: ffmpeg 5.1 has another name for them than earlier ones. */
export function keepTimes(): Promise<readonly string[]> {
  passthrough ??= runTool('ffmpeg', ['-hide_banner', '-version'], 30).then(({ out }) => {
    const [, major, minor] = /version n?(\d+)\.(\d+)/.exec(out) ?? [];
    const early = major !== undefined && Number(major) * 100 + Number(minor) < 501;
    return [early ? '-vsync' : '-fps_mode', 'passthrough'];
  });
  passthrough.catch(() => {
    passthrough = null; // it may be installed in the meantime
  });
  return passthrough;
}
