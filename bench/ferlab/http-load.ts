// Clients of an HTTP service that ask again as soon as they are answered, and a service to ask.

import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { root } from '../checkout.js';

export interface Load {
  readonly url: string;
  readonly clients: number;
  /** Ends the load. */
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent in turn. */
  readonly bodies: readonly Buffer[];
  /** What became of each request: its status, 0 where no answer came, and how long that took. */
  onAnswer?(status: number, milliseconds: number): void;
}

export interface Outcome {
  /** Of status 200. */
  readonly perSecond: number;
  /** Milliseconds, of those. */
  readonly p50: number;
  readonly p99: number;
  /** How often each status came; 0 stands for none. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** The value below which this share of them lies. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** A service that doesn't answer for so long, in milliseconds, has lost the request. */
const patience = 30_000;

/** One request. @returns its status, 0 where no answer came. */
export function post(
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  body: Buffer | null,
): Promise<number> {
  return new Promise((resolve) => {
    const method = body === null ? 'GET' : 'POST';
    const length = body === null ? {} : { 'content-length': String(body.length) };
    const sent = request(url, { method, agent, headers: { ...headers, ...length } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', () => resolve(0));
    });
    sent.on('error', () => resolve(0));
    sent.setTimeout(patience, () => sent.destroy(new Error('no answer')));
    sent.end(body ?? undefined);
  });
}

export async function load({ url, clients, seconds, headers, bodies, onAnswer }: Load): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const start = performance.now();
  const end = start + 1000 * seconds;
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  let next = 0;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const before = performance.now();
      const status = await post(url, agent, headers, bodies[next++ % bodies.length]!);
      const milliseconds = performance.now() - before;
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 200) times.push(milliseconds);
      onAnswer?.(status, milliseconds);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const took = (performance.now() - start) / 1000;
  agent.destroy();
  return {
    perSecond: times.length / took,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    statuses,
  };
}

/** `ferlab serve` as a process of its own. */
export async function startService(args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const entry = path.join(root, 'bin/ferlab.js');
  const child = spawn(process.execPath, [entry, 'serve', '--port', '0', '--log-level', 'error', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout!.setEncoding('utf8');
  for await (const text of child.stdout!.iterator({ destroyOnReturn: false })) {
    printed += text as string;
    const [, url] = /Listening on (\S+)\n/.exec(printed) ?? [];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`ferlab serve ended before it listened: ${printed}`);
}
