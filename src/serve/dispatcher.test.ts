import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { answer, fakeWorkers, servedModel } from '../../test/serve/fake-worker.js';
import { Dispatcher, type Observer } from './dispatcher.js';
import type { Job } from './protocol.js';

const job: Job = {
  bytes: new Uint8Array(1),
  recognise: { model: 'box', tta: 'none', faces: 'crop' },
  minFace: 20,
  maxFaces: 9,
};
const jobs = (count: number): Job[] => Array.from({ length: count }, () => job);
const forever = new AbortController().signal;

function dispatcher(
  fakes: ReturnType<typeof fakeWorkers>,
  options: { workers?: number; batch?: number; queue?: number; timeout?: number } = {},
) {
  const seen: { batches: Parameters<Observer['batch']>[0][]; restarts: string[] } = {
    batches: [],
    restarts: [],
  };
  const made = new Dispatcher({
    ...{ workers: 1, batch: 4, queue: 8, timeout: 60, ...options },
    open: {
      type: 'open',
      models: [],
      detector: { name: 'faces', model: new Uint8Array() },
      device: 'cpu',
      maxPixels: 1,
      decodeSeconds: 1,
    },
    start: fakes.start,
    observer: {
      batch: (done) => seen.batches.push(done),
      restart: (how) => seen.restarts.push(how),
    },
  });
  onTestFinished(() => made.close());
  return { made, seen };
}

/** Workers that keep their batches until they are told. */
const slowWorkers = () => fakeWorkers(() => {});

afterEach(() => {
  vi.useRealTimers();
});

describe('the dispatcher', () => {
  it('says what the workers serve, and answers every image in its place', async () => {
    const fakes = fakeWorkers((worker, ids) => {
      const outcomes = ids.map((id) => ({ id, outcome: { error: `image ${id}` } })).reverse();
      worker.say({ type: 'answers', answers: outcomes });
      worker.say({ type: 'idle', decodeSeconds: 0, computeSeconds: 0 });
    });
    const { made } = dispatcher(fakes, { workers: 2 });
    expect(await made.start()).toEqual([servedModel]);
    expect(await made.submit(jobs(6), forever)).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => ({ error: `image ${i}` })),
    );
  });

  it('gives a free worker at once what waits, up to a number of faces', async () => {
    const fakes = slowWorkers();
    const { made, seen } = dispatcher(fakes);
    await made.start();
    const [worker] = fakes.workers;
    const answers = [1, 2, 3].map((count) => made.submit(jobs(count), forever));
    expect(worker!.batches).toEqual([[0]]);
    expect(made.waiting).toBe(5);
    worker!.finish([0]);
    await vi.waitFor(() => expect(worker!.batches).toEqual([[0], [1, 2, 3, 4]]));
    worker!.finish([1, 2, 3, 4]);
    await vi.waitFor(() => expect(worker!.batches).toHaveLength(3));
    worker!.finish([5]);
    expect((await Promise.all(answers)).map((outcomes) => outcomes.length)).toEqual([1, 2, 3]);
    await vi.waitFor(() => expect(seen.batches.map(({ faces }) => faces)).toEqual([1, 4, 1]));
    expect(seen.batches[1]!.waits).toHaveLength(4);
  });

  it('shares what waits among the workers that are free', async () => {
    const fakes = slowWorkers();
    const { made } = dispatcher(fakes, { workers: 2 });
    await made.start();
    void made.submit(jobs(4), forever).catch(() => {});
    expect(fakes.workers.map(({ batches }) => batches)).toEqual([[[0, 1]], [[2, 3]]]);
  });

  it('refuses at once what would make too many wait, with a time to come back', async () => {
    const { made } = dispatcher(slowWorkers());
    await made.start();
    void made.submit(jobs(1), forever).catch(() => {});
    void made.submit(jobs(7), forever).catch(() => {});
    await expect(made.submit(jobs(2), forever)).rejects.toMatchObject({ code: 'overloaded', status: 503 });
    void made.submit(jobs(1), forever).catch(() => {});
    expect(made.isFull).toBe(true);
    const refused = await made.submit(jobs(1), forever).catch((error) => error);
    expect(refused.more.retryAfter).toBeGreaterThanOrEqual(1);
  });

  it('drops what nobody waits for, before a worker takes it or after', async () => {
    const fakes = slowWorkers();
    const { made } = dispatcher(fakes);
    await made.start();
    const first = new AbortController();
    const second = new AbortController();
    const running = made.submit(jobs(1), first.signal);
    const waiting = made.submit(jobs(3), second.signal);
    const third = made.submit(jobs(1), forever);
    second.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(made.waiting).toBe(1);
    first.abort(new Error('late'));
    await expect(running).rejects.toThrow('late');
    fakes.workers[0]!.finish([0]);
    await vi.waitFor(() => expect(fakes.workers[0]!.batches).toEqual([[0], [4]]));
    fakes.workers[0]!.finish([4]);
    expect(await third).toEqual([answer]);
    await expect(made.submit(jobs(1), first.signal)).rejects.toThrow('late');
  });

  it('replaces a worker that ends, and tries what it had one by one', async () => {
    let bad = 2;
    const fakes = fakeWorkers((worker, ids) => (ids.includes(bad) ? worker.end() : worker.finish(ids)));
    const { made, seen } = dispatcher(fakes);
    await made.start();
    // Images 1 to 4 go in one batch, which number 2 brings down, by itself a second time.
    const blocked = made.submit(jobs(1), forever);
    const four = [1, 2, 3, 4].map(() => made.submit(jobs(1), forever));
    await blocked;
    const settled = await Promise.allSettled(four);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(settled[1]).toMatchObject({ reason: { code: 'internal' } });
    expect(seen.restarts).toEqual(['it got SIGKILL', 'it got SIGKILL']);
    expect(fakes.workers.flatMap(({ batches }) => batches)).toEqual([[0], [1, 2, 3, 4], [1], [2], [3], [4]]);
    bad = -1;
    expect(await made.submit(jobs(1), forever)).toEqual([answer]);
  });

  it('answers an image whose worker is killed once', async () => {
    let isFirst = true;
    const fakes = fakeWorkers((worker, ids) => {
      if (isFirst) worker.end();
      else worker.finish(ids);
      isFirst = false;
    });
    const { made } = dispatcher(fakes);
    await made.start();
    expect(await made.submit(jobs(1), forever)).toEqual([answer]);
  });

  it('ends a worker that keeps a batch beyond every deadline', async () => {
    const fakes = slowWorkers();
    const { made, seen } = dispatcher(fakes, { timeout: 0.02 });
    await made.start();
    const late = made.submit(jobs(1), AbortSignal.timeout(10));
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' });
    await vi.waitFor(() => expect(fakes.workers).toHaveLength(2));
    expect(seen.restarts).toHaveLength(1);
  });

  it('waits longer and longer before it starts a worker that never opens', async () => {
    const fakes = fakeWorkers(undefined, (start) =>
      start === 0 ? { type: 'ready', models: [servedModel] } : { type: 'failed', kind: 'io', message: 'no' },
    );
    const { made } = dispatcher(fakes);
    await made.start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    fakes.workers[0]!.kill();
    const startsAfter = async (milliseconds: number) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
      for (let i = 0; i < 5; i++) await new Promise(setImmediate);
      return fakes.workers.length;
    };
    await startsAfter(0);
    expect(await startsAfter(1)).toBe(2);
    expect([await startsAfter(190), await startsAfter(20)]).toEqual([2, 3]);
    expect([await startsAfter(390), await startsAfter(20)]).toEqual([3, 4]);
    expect(made.ready).toBe(0);
  });

  it('fails to start as its workers do', async () => {
    const failing = fakeWorkers(undefined, () => ({ type: 'failed', kind: 'model', message: 'a.onnx: no' }));
    await expect(dispatcher(failing).made.start()).rejects.toMatchObject({
      kind: 'model',
      message: 'a.onnx: no',
    });
    const dying = fakeWorkers(undefined, () => null);
    const { made } = dispatcher(dying, { workers: 2 });
    const started = made.start();
    dying.workers[1]!.end('it ended with code 1');
    await expect(started).rejects.toThrow('it ended with code 1');
    expect(made.ready).toBe(0);
  });

  it('answers what is left when it is closed, and nothing after', async () => {
    const { made } = dispatcher(slowWorkers());
    await made.start();
    const left = [made.submit(jobs(1), forever), made.submit(jobs(2), forever)];
    const closed = made.close();
    for (const one of left) await expect(one).rejects.toMatchObject({ code: 'stopping' });
    await closed;
    await expect(made.submit(jobs(1), forever)).rejects.toMatchObject({ code: 'stopping' });
  });
});
