// The service as a process: what it prints, how it ends, and what happens when its workers are killed.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { picture } from '../serve/requests.js';
import { checkout, type Running, runFerlab, startFerlab } from './process.js';
import { temporaryFolder } from './program.js';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a service on a free port; it is killed with the test. */
async function serve(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const folder = await temporaryFolder();
  const running = startFerlab(['serve', '--port', '0', ...args], folder, env);
  onTestFinished(() => {
    running.child.kill('SIGKILL');
  });
  await running.printed(/Listening on .*\n/);
  const [, url = ''] = /Listening on (\S+)/.exec(running.text.stdout) ?? [];
  return { ...running, url, folder };
}

/** What became of a request: its status, or the system's word for why there was none. */
async function ask(url: string, body: Buffer): Promise<number | string> {
  try {
    const response = await fetch(`${url}/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png', connection: 'close' },
      body: new Uint8Array(body),
    });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? String(error);
  }
}

/** Clients that ask again as soon as they are answered, until `stop`, which gives how often each thing happened. */
function load(url: string, body: Buffer, clients: number) {
  const counts = new Map<number | string, number>();
  let isOver = false;
  const client = async () => {
    while (!isOver) {
      const status = await ask(url, body);
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (typeof status === 'string') return; // nobody listens any more
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  const answered = () => counts.get(200) ?? 0;
  return {
    /** Waits for so many more answers. */
    async answers(more: number) {
      const enough = answered() + more;
      while (answered() < enough) await pause(5);
    },
    async stop() {
      isOver = true;
      await all;
      return counts;
    },
  };
}

/** Answers of `/v1/predict` in the log, by status. */
function logged({ text }: Pick<Running, 'text'>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const line of text.stderr.split('\n').filter((each) => each.startsWith('{'))) {
    const { route, status } = JSON.parse(line) as { route?: string; status?: number };
    if (route === '/v1/predict' && status !== undefined) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

/** Processes that a process has started; null where the system doesn't say. */
function childrenOf(pid: number): number[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return null;
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('ferlab serve', () => {
  it('answers until SIGTERM, then what it accepted, and leaves nothing behind', async () => {
    const home = await temporaryFolder();
    for (const name of ['home', 'temporary']) mkdirSync(path.join(home, name));
    const service = await serve(['--workers', '2'], {
      HOME: path.join(home, 'home'),
      TMPDIR: path.join(home, 'temporary'),
    });
    const workers = childrenOf(service.child.pid!);
    const clients = load(service.url, await picture(), 8);
    await clients.answers(40);
    service.child.kill('SIGTERM');
    const { code, stderr } = await service.finished;
    const counts = await clients.stop();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Stopping: what was accepted is answered, for at most 10 s.');
    // Every answer that the service made has reached its client.
    expect(counts.get(200)).toBeGreaterThanOrEqual(40);
    expect(counts.get(200)).toBe(logged(service).get(200));
    expect(
      [...counts.keys()].filter((key) => ![200, 503, 'ECONNREFUSED', 'ECONNRESET'].includes(key)),
    ).toEqual([]);
    expect(stderr).not.toContain('the client has gone');
    expect(workers?.filter(isAlive) ?? []).toEqual([]);
    expect(readdirSync(path.join(home, 'home'))).toEqual([]);
    expect(readdirSync(path.join(home, 'temporary'))).toEqual([]);
    expect(readdirSync(service.folder)).toEqual([]);
  });

  it('answers every request while its workers are killed', async (context) => {
    const service = await serve(['--workers', '2', '--batch', '4']);
    if (childrenOf(service.child.pid!) === null) return context.skip('processes are listed on Linux alone');
    const clients = load(service.url, await picture(), 8);
    for (let i = 0; i < 3; i++) {
      await clients.answers(20);
      const [worker] = childrenOf(service.child.pid!)!;
      if (worker !== undefined) process.kill(worker, 'SIGKILL');
    }
    await clients.answers(20);
    const counts = await clients.stop();
    expect([...counts.keys()]).toEqual([200]);
    service.child.kill('SIGTERM'); // so that all of the log has come
    await service.finished;
    expect(service.text.stderr).toContain('a worker ended (it got SIGKILL); another takes its place');
    expect(logged(service).get(200)).toBe(counts.get(200));
  });

  it('has workers of a lower priority, and ends them when it is killed itself', async (context) => {
    const service = await serve(['--workers', '1']);
    const workers = childrenOf(service.child.pid!);
    if (workers === null) return context.skip('processes are listed on Linux alone');
    expect(workers).toHaveLength(1);
    // It lets the process that answers HTTP go first.
    expect(getPriority(workers[0]!)).toBe(Math.min(19, getPriority(service.child.pid!) + 5));
    service.child.kill('SIGKILL');
    await service.finished;
    for (let i = 0; i < 100 && workers.some(isAlive); i++) await pause(20);
    expect(workers.filter(isAlive)).toEqual([]);
  });

  it('answers ferlab predict --server as ferlab predict does by itself', async () => {
    const { url, folder } = await serve(['--workers', '1']);
    writeFileSync(path.join(folder, 'crop.png'), await picture());
    writeFileSync(path.join(folder, 'broken.png'), 'no image');
    const files = ['crop.png', 'broken.png', path.join(checkout, 'test/data/astronaut.jpg'), '--json'];
    const [asked, alone] = await Promise.all([
      runFerlab(['predict', '--server', url, ...files], folder),
      runFerlab(['predict', '--threads', '1', ...files], folder),
    ]);
    expect(JSON.parse(asked.stdout)).toHaveLength(3);
    expect(asked).toEqual(alone);
  });

  it('refuses to start where it could not do what was asked', async () => {
    const folder = await temporaryFolder();
    const { url } = await serve(['--workers', '1']);
    const port = new URL(url).port;
    writeFileSync(path.join(folder, 'settings.json'), '{ "prot": 8080 }');
    writeFileSync(path.join(folder, 'a.onnx'), 'no model');
    const refusals: [string[], number, RegExp][] = [
      [
        ['--port', port],
        5,
        /^Error: host "127.0.0.1", port \d+: expected to listen there, found a port that another/m,
      ],
      [['--host', '0.0.0.0'], 2, /^Error: host "0.0.0.0": expected a token/m],
      [['--model', 'none.onnx'], 4, /^Error: none.onnx: expected a model file/m],
      [['--model', 'a.onnx'], 4, /^Error: a: /m],
      [['--model', 'box', '--model', 'box'], 2, /^Error: model box: expected models of different names/m],
      [['--config', 'settings.json'], 2, /^Error: settings.json: prot: expected a setting among/m],
    ];
    const finished = await Promise.all(refusals.map(([args]) => runFerlab(['serve', ...args], folder)));
    finished.forEach(({ code, stdout, stderr }, i) => {
      const [args, expected, message] = refusals[i]!;
      expect({ args, code, stdout }, stderr).toEqual({ args, code: expected, stdout: '' });
      expect(stderr).toMatch(message);
    });
  });
});
