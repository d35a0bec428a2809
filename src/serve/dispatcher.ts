// Shares out images among the worker processes. A free worker takes what waits, up to a number of faces, and never waits for
// more. A worker that ends is replaced, and what it had is tried again one by one, so that a picture that brings it down
// fails alone.

import { FerlabError } from '../errors.js';
import { Problem } from './problem.js';
import type { FromWorker, Job, OpenMessage, Outcome, ServedModel } from './protocol.js';
import { WaitingLine } from './waiting.js';
import type { StartWorker, WorkerHandle } from './worker-process.js';

/** What is told of the work, for metrics and the log. */
export interface Observer {
  /** A worker has done a batch: its faces, how long each image waited, and the seconds it took, in all and in parts. */
  batch(done: {
    faces: number;
    waits: number[];
    seconds: number;
    decodeSeconds: number;
    computeSeconds: number;
  }): void;
  /** A worker ended without being asked to. */
  restart(how: string): void;
}

export interface DispatcherOptions {
  workers: number;
  /** Faces that a worker takes at a time, and faces that may wait. */
  batch: number;
  queue: number;
  /** Seconds after which a worker that still has a batch is ended: nobody waits for it any more. */
  timeout: number;
  /** What workers open. */
  open: OpenMessage;
  start: StartWorker;
  observer: Observer;
}

/** An image that has to be searched for faces counts as so many: decoding and searching it takes as long as they do. */
const facesPerPhotograph = 8;

/** Files of crops, which are taken whole, are smaller than this, in bytes; which is one is known once it is decoded. */
const largestCropFile = 20_000;

/** Faces that an image counts as before it has been looked at. */
function facesOf({ recognise, bytes }: Job): number {
  const isCrop =
    recognise !== null &&
    (recognise.faces === 'crop' || (recognise.faces === 'auto' && bytes.length <= largestCropFile));
  return isCrop ? 1 : facesPerPhotograph;
}

interface Item {
  readonly id: number;
  readonly job: Job;
  readonly faces: number;
  readonly since: number;
  alone: boolean;
  /** Nobody waits for it: the client has gone, or its time is up. */
  dropped: boolean;
  settle(outcome: Outcome | Problem): void;
}

interface Slot {
  handle: WorkerHandle | null;
  state: 'starting' | 'idle' | 'busy';
  /** Of a busy one: what it has, by number, and when that began. */
  batch: Map<number, Item>;
  taken: { faces: number; waits: number[]; start: number };
  timer: NodeJS.Timeout | undefined;
  /** Starts that failed since it last worked. */
  failures: number;
}

/** Longest time between two attempts to start a worker, in milliseconds. */
const longestPause = 10_000;

/** How long workers have to end by themselves, in milliseconds. */
const patience = 2000;

export class Dispatcher {
  private readonly line: WaitingLine<Item>;
  private readonly slots: Slot[];
  /** Items that nobody has answered, waiting or with a worker. */
  private readonly open = new Set<Item>();
  private nextId = 0;
  private closing = false;
  /** Of late, per face and worker. */
  private secondsPerFace = 0.01;
  private readonly ended = new Set<() => void>();

  constructor(private readonly options: DispatcherOptions) {
    this.line = new WaitingLine(options.queue);
    this.slots = Array.from({ length: options.workers }, () => ({
      handle: null,
      state: 'starting',
      batch: new Map(),
      taken: { faces: 0, waits: [], start: 0 },
      timer: undefined,
      failures: 0,
    }));
  }

  /** Faces that wait. */
  get waiting(): number {
    return this.line.faces;
  }

  /** Faces that may wait. */
  get limit(): number {
    return this.options.queue;
  }

  get isFull(): boolean {
    return this.line.faces >= this.options.queue;
  }

  /** Workers that can take work, or have some. */
  get ready(): number {
    return this.slots.filter(({ state }) => state !== 'starting').length;
  }

  /** Seconds until what waits now will be done, as far as that can be told: 1 to 60. */
  get retryAfter(): number {
    const seconds = (this.line.faces * this.secondsPerFace) / Math.max(1, this.ready);
    return Math.max(1, Math.min(60, Math.ceil(seconds)));
  }

  /**
   * Starts the workers and waits until all have their models open.
   *
   * @throws FerlabError as the workers had it; Error where one ended.
   */
  async start(): Promise<ServedModel[]> {
    try {
      const served = await Promise.all(
        this.slots.map(
          (slot) =>
            new Promise<ServedModel[]>((resolve, reject) => this.startWorker(slot, { resolve, reject })),
        ),
      );
      return served[0]!;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Has images recognised: all are accepted, or none.
   *
   * @param signal ends the waiting; its reason is thrown.
   * @throws Problem `overloaded` where too many faces wait, `internal` where a picture has brought down workers, `stopping`
   *   where the service ended before the answer.
   */
  submit(jobs: readonly Job[], signal: AbortSignal): Promise<Outcome[]> {
    if (this.closing) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      const outcomes: Outcome[] = [];
      let left = jobs.length;
      const since = performance.now();
      const items = jobs.map((job, i): Item => {
        const item: Item = {
          ...{ id: this.nextId++, job, faces: facesOf(job), since, alone: false, dropped: false },
          settle: (outcome) => {
            this.open.delete(item);
            if (outcome instanceof Problem) return end(() => reject(outcome));
            outcomes[i] = outcome;
            if (--left === 0) end(() => resolve(outcomes));
          },
        };
        return item;
      });
      const end = (settle: () => void) => {
        signal.removeEventListener('abort', onAbort);
        for (const item of items) this.drop(item);
        if (left > 0) this.line.remove(({ dropped }) => dropped);
        settle();
      };
      const onAbort = () => end(() => reject(signal.reason as Error));
      if (signal.aborted) return reject(signal.reason as Error);
      if (!this.line.add(items)) return reject(this.overloaded());
      for (const item of items) this.open.add(item);
      signal.addEventListener('abort', onAbort);
      this.pump();
    });
  }

  overloaded(): Problem {
    return new Problem(
      'overloaded',
      `expected at most ${this.options.queue} faces that wait, found more. Try again later, or ask for fewer at a time.`,
      { retryAfter: this.retryAfter },
    );
  }

  /** Resolves once nothing is left to answer. */
  async settled(): Promise<void> {
    while (this.open.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Answers everything that is left with `stopping`, at once. */
  abandon(): void {
    this.closing = true;
    for (const item of [...this.open]) item.settle(stopping());
  }

  /** Ends the workers; what is left is answered with `stopping`. */
  async close(): Promise<void> {
    this.abandon();
    const running = this.slots.filter(({ handle }) => handle !== null);
    const kill = () => {
      for (const { handle } of running) handle?.kill();
    };
    for (const slot of this.slots) clearTimeout(slot.timer);
    // One that still computes for nobody isn't waited for.
    for (const { handle, state } of running) state === 'idle' ? handle?.close() : handle?.kill();
    const timer = setTimeout(kill, patience);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.slots.every(({ handle }) => handle === null)) resolve();
      };
      this.ended.add(look);
      look();
    });
    clearTimeout(timer);
  }

  private drop(item: Item): void {
    item.dropped = true;
    this.open.delete(item);
  }

  private startWorker(
    slot: Slot,
    first?: { resolve: (models: ServedModel[]) => void; reject: (error: Error) => void },
  ): void {
    slot.state = 'starting';
    const take = (message: FromWorker) => {
      switch (message.type) {
        case 'ready':
          slot.state = 'idle';
          first?.resolve(message.models);
          return this.pump();
        case 'failed':
          if (message.kind !== 'internal') first?.reject(new FerlabError(message.kind, message.message));
          return slot.handle?.kill();
        case 'answers':
          for (const { id, outcome } of message.answers) {
            slot.batch.get(id)?.settle(outcome);
            slot.batch.delete(id);
          }
          return;
        case 'idle':
          return this.finish(slot, message);
      }
    };
    slot.handle = this.options.start({
      message: take,
      exit: (how) => {
        first?.reject(new Error(`A worker process couldn't be started: ${how}.`));
        this.replace(slot, how);
      },
    });
    slot.handle.send(this.options.open);
  }

  /** A batch is done. */
  private finish(slot: Slot, times: { decodeSeconds: number; computeSeconds: number }): void {
    clearTimeout(slot.timer);
    slot.state = 'idle';
    slot.failures = 0;
    const { faces, waits, start } = slot.taken;
    const seconds = (performance.now() - start) / 1000;
    this.secondsPerFace = 0.9 * this.secondsPerFace + (0.1 * seconds) / faces;
    this.options.observer.batch({
      ...{ faces, waits, seconds },
      ...{ decodeSeconds: times.decodeSeconds, computeSeconds: times.computeSeconds },
    });
    this.pump();
  }

  /** A worker has ended: another takes its place, and what it had is tried again, one by one. */
  private replace(slot: Slot, how: string): void {
    clearTimeout(slot.timer);
    const wasStarting = slot.state === 'starting';
    const lost = [...slot.batch.values()].filter(({ dropped }) => !dropped);
    slot.handle = null;
    slot.state = 'starting';
    slot.batch.clear();
    for (const look of this.ended) look();
    if (this.closing) return;
    this.options.observer.restart(how);
    for (const item of lost.filter(({ alone }) => alone)) {
      item.settle(
        new Problem(
          'internal',
          'expected an answer, found that recognising this image ended the process twice.',
        ),
      );
    }
    const again = lost.filter(({ alone }) => !alone);
    for (const item of again) item.alone = true;
    this.line.putBack(again);
    slot.failures += wasStarting ? 1 : 0;
    const pause = slot.failures === 0 ? 0 : Math.min(longestPause, 100 * 2 ** slot.failures);
    slot.timer = setTimeout(() => this.startWorker(slot), pause);
    this.pump();
  }

  /** Gives what waits to workers that are free. */
  private pump(): void {
    const idle = this.slots.filter(({ state }) => state === 'idle');
    while (idle.length > 0 && !this.line.isEmpty) {
      const share = Math.ceil(this.line.faces / idle.length);
      const items = this.line.take(Math.min(this.options.batch, share));
      const slot = idle.shift()!;
      const now = performance.now();
      slot.state = 'busy';
      slot.batch = new Map(items.map((item) => [item.id, item]));
      slot.taken = {
        faces: items.reduce((sum, { faces }) => sum + faces, 0),
        waits: items.map(({ since }) => (now - since) / 1000),
        start: now,
      };
      slot.timer = setTimeout(() => slot.handle?.kill(), 1000 * this.options.timeout);
      slot.handle!.send({ type: 'batch', jobs: items.map(({ id, faces, job }) => ({ id, faces, job })) });
    }
  }
}

function stopping(): Problem {
  return new Problem('stopping', 'expected a running service, found one that stops. Try again later.', {
    retryAfter: 5,
  });
}
