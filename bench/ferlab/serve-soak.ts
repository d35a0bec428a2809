// A service under load for long: whether times and memory stay flat, whether everything that was accepted is answered once, how
// soon it refuses and whether it stays alive while it is full, and how it ends. Started by hand: see bench/README.md.
// Prints one JSON object. Memory is read from /proc, so on Linux alone.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ferlabScript } from '../checkout.js';
import { imageFiles } from './cold-starts.js';
import { load, quantile, startService } from './http-load.js';
import type { Watched } from './serve-watch.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '32' },
    only: { type: 'string' },
  },
});
const seconds = 60 * Number(values.minutes);
const images = imageFiles(values.data, 64);
const bodies = images.map((file) => readFileSync(file));
const headers = { 'content-type': 'image/jpeg' };
const tenths = 10;

/** The flood: clients at a time, three times what may wait, and the seconds that it lasts at most. */
const floodClients = 96;
const longestFlood = 30;

/** Resident memory of a process and its children, in MB. */
function memoryOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const own = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
    return children
      .split(/\s+/)
      .filter(Boolean)
      .reduce((sum, child) => sum + memoryOf(Number(child)), own);
  } catch {
    return Number.NaN;
  }
}

/** Answers with status 200 that a service has counted, from its metrics. */
function answered(figures: string): number {
  return Number(/^ferlab_requests_total\{route="\/v1\/predict",status="200"\} (\d+)$/m.exec(figures)?.[1]);
}

/** Below the limit of the queue: nothing is refused, and everything has to be answered. */
async function steady(): Promise<object> {
  const { child, url } = await startService([]);
  const start = performance.now();
  const times: number[][] = Array.from({ length: tenths }, () => []);
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(memoryOf(child.pid!)), 1000);
  const outcome = await load({
    ...{ url: `${url}/v1/predict?faces=crop`, clients: Number(values.clients), seconds, headers, bodies },
    onAnswer: (_, milliseconds) => {
      const tenth = Math.floor((tenths * (performance.now() - start)) / (1000 * seconds));
      times[Math.min(tenths - 1, tenth)]!.push(milliseconds);
    },
  });
  clearInterval(watch);
  const figures = await (await fetch(`${url}/metrics`)).text();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const part = Math.ceil(memory.length / tenths);
  return {
    ...outcome,
    /** By its own count: as many as the clients got, or some were lost, or answered twice. */
    answeredByService: answered(figures),
    p99FirstTenth: quantile(times[0]!, 0.99),
    p99LastTenth: quantile(times.at(-1)!, 0.99),
    memoryFirstTenth: quantile(memory.slice(0, part), 0.5),
    memoryLastTenth: quantile(memory.slice(-part), 0.5),
    exitCode: code,
  };
}

/** Far above what the service can do: it has to say no, soon, and to stay alive; then it is stopped under that load. */
async function saturated(): Promise<object> {
  const { child, url } = await startService(['--queue', '32']);
  const watch = fork(ferlabScript('serve-watch'), [url, images[0]!]);
  const span = Math.min(longestFlood, seconds);
  const refusals: number[] = [];
  const running = load({
    ...{ url: `${url}/v1/predict?faces=crop`, clients: floodClients, seconds: span, headers, bodies },
    onAnswer: (status, milliseconds) => {
      if (status === 503) refusals.push(milliseconds);
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 900 * span));
  watch.send('stop');
  const [{ health, refusals: seen }] = (await once(watch, 'message')) as [Watched];
  const stopped = performance.now();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const secondsToStop = (performance.now() - stopped) / 1000;
  const { statuses, perSecond } = await running;
  return {
    ...{ statuses, perSecond },
    health: { asked: health.length, p50: quantile(health, 0.5), p99: quantile(health, 0.99) },
    refusals: { asked: seen.length, p50: quantile(seen, 0.5), p99: quantile(seen, 0.99) },
    refusalsOfTheFlood: { p50: quantile(refusals, 0.5), p99: quantile(refusals, 0.99) },
    ...{ exitCode: code, secondsToStop },
  };
}

const parts = { steady, saturated };
const chosen = values.only === undefined ? Object.keys(parts) : [values.only];
const found: Record<string, object> = {};
for (const name of chosen as (keyof typeof parts)[]) found[name] = await parts[name]();
console.log(JSON.stringify(found, null, 2));
