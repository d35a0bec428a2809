// Where the command line writes: results, messages, and one line that is drawn again in place.
// It knows nothing of commands or training.

import { createLogUpdate } from 'log-update';

/** The part of a stream that is used here; process.stdout is one. */
export interface Stream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

/** What a command may write to. */
export interface Terminal {
  /** Standard output, for results. */
  out: Stream;
  /** Standard error, for everything else. */
  err: Stream;
}

/** Time between two drawings of the live line. */
const redrawMilliseconds = 100;

/** Can the line be drawn again? */
export function isLive(stream: Stream): boolean {
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** The last line of a terminal, drawn again in place, with ordinary lines printed above it. */
export class LiveLine {
  private readonly draw: ReturnType<typeof createLogUpdate>;
  private shown = '';
  private drawnAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stream: Stream,
    private readonly now: () => number = () => performance.now(),
  ) {
    // The cursor stays: a process that is killed would leave the terminal without one.
    this.draw = createLogUpdate(stream as NodeJS.WritableStream, { showCursor: true });
  }

  /**
   * Draws the line, unless it was drawn a moment ago: at most ten times a second.
   * @param render gives the line for a width in columns; not called where nothing is drawn.
   */
  update(render: (columns: number) => string): void {
    const now = this.now();
    if (now - this.drawnAt < redrawMilliseconds) return;
    this.drawnAt = now;
    // The last column stays free: some terminals wrap the line once it is filled.
    this.shown = render((this.stream.columns ?? 80) - 1);
    this.draw(this.shown);
  }

  /** Prints a line that stays, above the live one. */
  print(line: string): void {
    if (this.shown) this.draw.clear();
    this.stream.write(`${line}\n`);
    if (this.shown) this.draw(this.shown);
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.shown) this.draw.clear();
    this.shown = '';
    this.drawnAt = Number.NEGATIVE_INFINITY;
  }
}
