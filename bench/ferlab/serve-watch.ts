// Asks a service for its health, and for one crop, in turn, from a process of its own: what it measures doesn't wait for the
// clients that keep the service busy. Started by serve-soak.ts; sends its times when it is told to stop.

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { post } from './http-load.js';

/** Milliseconds of the answers that came, by what was asked. */
export interface Watched {
  /** Of /healthz. */
  health: number[];
  /** Of crops that were refused with 503. */
  refusals: number[];
}

/** Between two questions, in milliseconds. */
const pause = 25;

const [url = '', image = ''] = process.argv.slice(2);
const body = readFileSync(image);
const agent = new Agent({ keepAlive: true });
const watched: Watched = { health: [], refusals: [] };
let isOver = false;

async function ask(path: string, status: number, picture: Buffer | null, times: number[]): Promise<void> {
  const start = performance.now();
  const found = await post(`${url}${path}`, agent, { 'content-type': 'image/jpeg' }, picture);
  if (found === status && !isOver) times.push(performance.now() - start);
}

process.on('message', () => {
  isOver = true;
  process.send!(watched, () => process.exit());
});
let turn = 0;
setInterval(() => {
  if (turn++ % 2 === 0) void ask('/healthz', 200, null, watched.health);
  else void ask('/v1/predict?faces=crop', 503, body, watched.refusals);
}, pause);
