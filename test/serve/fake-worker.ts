// A worker without a process: what it does, and when, is the test's to say.

import type { FromWorker, Outcome, ServedModel, ToWorker } from '../../src/serve/protocol.js';
import type { StartWorker, WorkerEvents, WorkerHandle } from '../../src/serve/worker-process.js';

export const servedModel: ServedModel = {
  name: 'box',
  classes: ['happy', 'sad'],
  input: { width: 48, height: 48 },
  tta: ['none', 'flip'],
};

export const answer: Outcome = {
  picture: {
    width: 48,
    height: 48,
    faces: [
      {
        expression: 'happy',
        probabilities: { happy: 0.75, sad: 0.25 },
        ranking: [
          { label: 'happy', probability: 0.75 },
          { label: 'sad', probability: 0.25 },
        ],
      },
    ],
  },
};

/** A worker that a test drives. */
export class FakeWorker implements WorkerHandle {
  /** Batches that it got, by the numbers of their images. */
  readonly batches: number[][] = [];
  private isOver = false;

  constructor(
    readonly events: WorkerEvents,
    /** Called with each batch; by default answers at once. */
    private readonly work: (worker: FakeWorker, ids: number[]) => void,
    private readonly open: FromWorker | null,
  ) {}

  send(message: ToWorker): void {
    if (message.type === 'open') {
      if (this.open !== null) this.say(this.open);
      return;
    }
    const ids = message.jobs.map(({ id }) => id);
    this.batches.push(ids);
    this.work(this, ids);
  }

  /** Answers a batch, later as a process would. */
  finish(ids: readonly number[], outcome: Outcome = answer): void {
    this.say({ type: 'answers', answers: ids.map((id) => ({ id, outcome })) });
    this.say({ type: 'idle', decodeSeconds: 0.001, computeSeconds: 0.001 });
  }

  say(message: FromWorker): void {
    setImmediate(() => {
      if (!this.isOver) this.events.message(message);
    });
  }

  end(how = 'it got SIGKILL'): void {
    if (this.isOver) return;
    this.isOver = true;
    setImmediate(() => this.events.exit(how));
  }

  close(): void {
    this.end('it ended with code 0');
  }

  kill(): void {
    this.end();
  }
}

/** Starts workers that do `work`, and keeps them in a list, in the order of their starts. */
export function fakeWorkers(
  work: (worker: FakeWorker, ids: number[]) => void = (worker, ids) => worker.finish(ids),
  open: (start: number) => FromWorker | null = () => ({ type: 'ready', models: [servedModel] }),
): { start: StartWorker; workers: FakeWorker[] } {
  const workers: FakeWorker[] = [];
  const start: StartWorker = (events) => {
    const worker = new FakeWorker(events, work, open(workers.length));
    workers.push(worker);
    return worker;
  };
  return { start, workers };
}
