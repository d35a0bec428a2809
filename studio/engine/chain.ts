// Tasks one after the other. ONNX Runtime for WebAssembly can't create or run two sessions at once, so everything that
// touches it goes through one chain.

type Waiting = () => Promise<void>;

export class Chain {
  private readonly waiting: Waiting[] = [];
  private running = false;

  /** Runs the task when those before it have ended. Its failure is its caller's alone. */
  add<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push(() => task().then(resolve, reject));
      if (!this.running) void this.work();
    });
  }

  /** For a task that takes long, between two of its steps: those that wait by now go first. */
  async letOthers(): Promise<void> {
    // Messages that have come meanwhile are read.
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (let most = this.waiting.length; most > 0; most--) await this.waiting.shift()?.();
  }

  private async work(): Promise<void> {
    this.running = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) await next();
    this.running = false;
  }
}
