// What is done to pixels from 0 to 255 before a network from elsewhere sees them. Its file may not say it, and the wrong way
// gives answers that look right and aren't.

import type { DescribedLayer } from '../engine/nn/described.js';
import { FerlabError } from '../errors.js';

/** (pixel scale - mean) / std; mean and std one number, or one for each channel. */
interface LinearScaling {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** `image`: every image less its mean, divided by its standard deviation. */
export type Scaling = LinearScaling | 'image';

/** Options of a command line that say a scaling. */
export interface ScalingTexts {
  scale?: string | undefined;
  mean?: string | undefined;
  std?: string | undefined;
}

/** Ways that are usual, each with the options that say it. */
export const usualScalings: readonly { options: ScalingTexts; means: string }[] = [
  { options: { scale: '1' }, means: 'pixels from 0 to 255, as they are' },
  { options: { scale: '1/255' }, means: 'from 0 to 1' },
  { options: { scale: '1/127.5', mean: '1' }, means: 'from -1 to 1' },
  { options: { scale: 'image' }, means: 'every image less its mean, divided by its standard deviation' },
];

/** As on a command line: `--scale 1/127.5 --mean 1`. */
export const scalingOptions = (texts: ScalingTexts): string =>
  Object.entries(texts)
    .flatMap(([name, text]) => (text === undefined ? [] : [`--${name} ${text}`]))
    .join(' ');

/** `0.5`, `1/255`. */
function fraction(text: string): number {
  const parts = text.split('/').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [top, bottom = 1] = parts;
  return parts.length <= 2 ? top! / bottom : Number.NaN;
}

/**
 * Reads a scaling; null where none of the texts is given.
 *
 * @throws FerlabError `usage`.
 */
export function parseScaling({ scale, mean, std }: ScalingTexts): Scaling | null {
  if (scale === undefined && mean === undefined && std === undefined) return null;
  if (scale === 'image') {
    if (mean === undefined && std === undefined) return 'image';
    throw new FerlabError(
      'usage',
      '--scale image: expected no --mean and --std, since every image has its own; got some. Leave them out.',
    );
  }
  const list = (
    name: string,
    text: string | undefined,
    fallback: number,
    fits: (value: number) => boolean,
  ): number[] => {
    const values = text === undefined ? [fallback] : text.split(',').map(fraction);
    if ((values.length === 1 || values.length === 3) && values.every(fits)) return values;
    throw new FerlabError(
      'usage',
      `--${name}: expected a number such as 0.5 or 1/255, or three for red, green and blue, separated by commas; got ${JSON.stringify(text)}`,
    );
  };
  const nonZero = (value: number): boolean => Number.isFinite(value) && value !== 0;
  const [factor, ...more] = list('scale', scale, 1, nonZero);
  if (more.length > 0)
    throw new FerlabError('usage', '--scale: expected one number, got three. Give those as --std.');
  return { scale: factor!, mean: list('mean', mean, 0, Number.isFinite), std: list('std', std, 1, nonZero) };
}

/**
 * The layers that scale, by the names of their nodes. A network for colour sees grey three times.
 *
 * @throws FerlabError `usage` for numbers of three channels where the network takes one.
 */
export function scalingLayers(scaling: Scaling | null, channels: 1 | 3): [string, DescribedLayer][] {
  const repeat = (values: readonly number[]): number[] =>
    values.length === channels ? [...values] : Array.from({ length: channels }, () => values[0]!);
  const colour: [string, DescribedLayer][] =
    channels === 1 ? [] : [['colour', { kind: 'scale', scale: repeat([1]), offset: repeat([0]) }]];
  if (scaling === null) return colour;
  if (scaling === 'image') {
    const unit: DescribedLayer = { kind: 'scale', scale: [1 / 255], offset: [0] };
    return [['scaling', unit], ['standardize', { kind: 'standardize', epsilon: (1 / 255) ** 2 }], ...colour];
  }
  const { scale, mean, std } = scaling;
  if (channels === 1 && (mean.length > 1 || std.length > 1))
    throw new FerlabError(
      'usage',
      '--mean, --std: expected one number for a network of one channel, got three.',
    );
  const [means, stds] = [repeat(mean), repeat(std)];
  return [
    [
      'scaling',
      {
        kind: 'scale',
        scale: stds.map((value) => scale / value),
        offset: means.map((value, i) => -value / stds[i]!),
      },
    ],
  ];
}
