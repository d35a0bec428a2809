// What ffprobe says of a film.

import { FerlabError } from '../errors.js';
import { filmAddress, firstComplaint, readingOptions, runTool } from './ffmpeg.js';

/** A film as its file describes it. */
export interface ProbedFilm {
  /** Of the upright picture with square pixels. */
  width: number;
  height: number;
  /** Width over height of a pixel. */
  pixelShape: number;
  seconds: number | null;
  frameRate: number | null;
  sound: boolean;
  format: string;
  /** The number of the stream of pictures. */
  stream: number;
}

/** Larger pictures are refused: 8K has 33 million pixels. */
const mostPixels = 40_000_000;

interface ProbedStream {
  index?: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  sample_aspect_ratio?: string;
  avg_frame_rate?: string;
  duration?: string;
  disposition?: Record<string, number>;
  tags?: Record<string, string>;
  side_data_list?: { rotation?: number }[];
}

interface Probed {
  streams?: ProbedStream[];
  format?: { duration?: string; format_name?: string };
}

/** `30000/1001` or `4:3` as a number; null where it is none above 0. */
function ratio(text: string | undefined): number | null {
  const [, above, below = '1'] = /^(\d+(?:\.\d+)?)(?:[/:](\d+))?$/.exec(text ?? '') ?? [];
  const value = Number(above) / Number(below);
  return Number.isFinite(value) && value > 0 ? value : null;
}

function bad(path: string, found: string): FerlabError {
  return new FerlabError('data', `${path}: expected a film that ffmpeg can read, found ${found}`);
}

/** @throws FerlabError `data` for what is no film; `io` where there is no ffprobe. */
export async function probeFilm(path: string): Promise<ProbedFilm> {
  const { code, out, err } = await runTool(
    'ffprobe',
    [
      ...['-hide_banner', '-v', 'error', ...readingOptions, '-of', 'json', '-show_streams', '-show_format'],
      ...['-i', filmAddress(path)],
    ],
    60,
  );
  if (/whitelist/i.test(err)) {
    throw bad(
      path,
      'a playlist or another format that films seldom have, which is never opened. Convert it to MP4 first.',
    );
  }
  if (code !== 0) throw bad(path, `damaged or other data (${firstComplaint(err, path)}).`);
  let probed: Probed;
  try {
    probed = JSON.parse(out) as Probed;
  } catch (error) {
    throw new FerlabError('io', `${path}: expected JSON of ffprobe, found other text.`, { cause: error });
  }
  return describe(path, probed);
}

function describe(path: string, { streams = [], format = {} }: Probed): ProbedFilm {
  // The picture on an album's cover is no film.
  const video = streams.find((s) => s.codec_type === 'video' && s.disposition?.attached_pic !== 1);
  const sound = streams.some((s) => s.codec_type === 'audio');
  if (video === undefined)
    throw bad(path, sound ? 'sound alone, without a stream of pictures.' : 'no stream of pictures.');
  const { width = 0, height = 0 } = video;
  if (!(width > 0 && height > 0)) throw bad(path, 'pictures without a size: the file is damaged.');
  if (width * height > mostPixels) {
    throw bad(
      path,
      `pictures of ${width} x ${height} pixels, more than ${mostPixels / 1e6} million. Make it smaller first.`,
    );
  }
  const pixelShape = ratio(video.sample_aspect_ratio) ?? 1;
  const square = { width: Math.max(1, Math.round(width * pixelShape)), height };
  if (square.width * square.height > mostPixels)
    throw bad(path, `pixels ${pixelShape} times as wide as high.`);
  const turned = Math.abs(rotationOf(video)) % 180 === 90;
  return {
    width: turned ? square.height : square.width,
    height: turned ? square.width : square.height,
    pixelShape,
    seconds: ratio(format.duration) ?? ratio(video.duration),
    frameRate: ratio(video.avg_frame_rate),
    sound,
    format: `${format.format_name?.split(',')[0] ?? 'film'}, ${video.codec_name ?? 'unknown codec'}`,
    stream: video.index ?? 0,
  };
}

/** In degrees, to the next quarter turn; ffmpeg turns the pictures by itself. */
function rotationOf({ side_data_list: sides = [], tags = {} }: ProbedStream): number {
  const degrees =
    sides.find(({ rotation }) => Number.isFinite(rotation))?.rotation ?? Number(tags.rotate ?? 0);
  return Number.isFinite(degrees) ? Math.round(degrees / 90) * 90 : 0;
}
