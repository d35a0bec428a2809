// Timing and output of the JavaScript peers, with the fields that the Python peers print (../peers/measure.py).

export const classCount = 7;
export const imageSize = 48;

/** Milliseconds of each of `rounds` calls after `warmup` calls that aren't counted. */
export async function timeCalls(call, rounds, warmup) {
  for (let i = 0; i < warmup; i++) await call(i);
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await call(warmup + i);
    times.push(performance.now() - start);
  }
  return times;
}

/** Images per second go by the median. */
export function timings(milliseconds, images) {
  const ordered = [...milliseconds].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  const medianMs = ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
  return { medianMs, minMs: ordered[0], maxMs: ordered.at(-1), imagesPerSecond: (1000 * images) / medianMs };
}

/** A batch of noise from 0 to 1, and one-hot targets, both flat. */
export function syntheticBatch(count) {
  const images = Float32Array.from({ length: count * imageSize ** 2 }, (_, i) => ((i * 7919) % 256) / 255);
  const targets = new Float32Array(count * classCount);
  for (let i = 0; i < count; i++) targets[i * classCount + (i % classCount)] = 1;
  return { images, targets };
}

export function checkLoss(loss) {
  if (!Number.isFinite(loss)) throw new Error(`expected a finite loss, found ${loss}`);
}

export function printResult(result) {
  const peakMemoryMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ ...result, peakMemoryMegabytes }));
}
