// A service under load for long: whether times and memory stay flat, whether everything that was accepted is answered, how soon it
// refuses and whether it stays alive while it is full, and how it ends. By hand:
//   npm run bench -- --quick --only serve     (compiles it, and writes the images)
//   node dist-bench/ferlab/serve-soak.js --data .bench/images-128/validation --minutes 10
// Prints one JSON object. Memory is read from /proc, so on Linux alone.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import { imageFiles } from './cold-starts.js';
import { load, post, quantile, startService } from './http-load.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '32' },
  },
});
const seconds = 60 * Number(values.minutes);
const bodies = imageFiles(values.data, 64).map((file) => readFileSync(file));
const headers = { 'content-type': 'image/jpeg' };
const tenths = 10;

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
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const part = Math.ceil(memory.length / tenths);
  return {
    ...outcome,
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
  const refusals: number[] = [];
  const health: number[] = [];
  const agent = new Agent({ keepAlive: true });
  const watch = setInterval(() => {
    const before = performance.now();
    void post(`${url}/healthz`, agent, {}, null).then((status) => {
      if (status === 200) health.push(performance.now() - before);
    });
  }, 50);
  const span = Math.min(30, seconds);
  const running = load({
    ...{ url: `${url}/v1/predict?faces=crop`, clients: 96, seconds: span, headers, bodies },
    onAnswer: (status, milliseconds) => {
      if (status === 503) refusals.push(milliseconds);
    },
  });
  await new Promise((resolve) => setTimeout(resolve, 900 * span));
  clearInterval(watch);
  const stopped = performance.now();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  const { statuses } = await running;
  agent.destroy();
  return {
    statuses,
    healthP99: quantile(health, 0.99),
    refusalP50: quantile(refusals, 0.5),
    refusalP99: quantile(refusals, 0.99),
    exitCode: code,
    secondsToStop: (performance.now() - stopped) / 1000,
  };
}

console.log(JSON.stringify({ steady: await steady(), saturated: await saturated() }));
