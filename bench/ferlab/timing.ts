// Timing and output of ferlab's own rounds, with the fields that the peers' scripts print (peers/measure.py).

import { median, summarize } from '../statistics.js';

export interface Timings {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly imagesPerSecond: number;
}

/** Milliseconds of each of `rounds` calls, after `warmup` calls that aren't counted. */
export async function timeCalls(
  call: (index: number) => Promise<unknown>,
  rounds: number,
  warmup: number,
): Promise<number[]> {
  for (let i = 0; i < warmup; i++) await call(i);
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await call(warmup + i);
    times.push(performance.now() - start);
  }
  return times;
}

/** Images per second go by the median. */
export function timings(milliseconds: readonly number[], images: number): Timings {
  const { median: medianMs, min: minMs, max: maxMs } = summarize(milliseconds);
  return { medianMs, minMs, maxMs, imagesPerSecond: (1000 * images) / median(milliseconds) };
}

/** As `timings`, but by the mean: a queue makes single steps look faster or slower than the pipeline is. */
export function pipelineTimings(milliseconds: readonly number[], images: number): Timings {
  const sum = milliseconds.reduce((total, time) => total + time, 0);
  return {
    ...timings(milliseconds, images),
    imagesPerSecond: (1000 * images * milliseconds.length) / sum,
  };
}

export function printResult(result: Readonly<Record<string, unknown>>): void {
  const peakMemoryMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ ...result, peakMemoryMegabytes }));
}
