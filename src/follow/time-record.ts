// What happened over the time of a film, in bounded memory: sums over short stretches of time, which become twice as long
// whenever there are too many of them.

/** More stretches are never kept. */
const mostStretches = 2048;

/** Sums of several quantities over time. */
export class TimeRecord {
  /** By number of the stretch: seconds of each quantity. */
  private stretches = new Map<number, Float64Array>();

  /**
   * @param quantities how many.
   * @param seconds length of a stretch at the beginning.
   */
  constructor(
    private readonly quantities: number,
    private seconds = 0.01,
  ) {}

  /** Adds values that hold from one time, in seconds, to another. */
  add(from: number, to: number, values: ArrayLike<number>): void {
    while (to / this.seconds > mostStretches) this.widen();
    const last = Math.max(Math.floor(from / this.seconds), Math.ceil(to / this.seconds) - 1);
    for (let number = Math.floor(from / this.seconds); number <= last; number++) {
      const start = Math.max(from, number * this.seconds);
      const end = Math.min(to, (number + 1) * this.seconds);
      const sums = this.stretches.get(number) ?? new Float64Array(this.quantities);
      for (let i = 0; i < this.quantities; i++) sums[i]! += values[i]! * Math.max(0, end - start);
      this.stretches.set(number, sums);
    }
  }

  private widen(): void {
    this.seconds *= 2;
    const wider = new Map<number, Float64Array>();
    for (const [number, sums] of this.stretches) {
      const there = wider.get(number >> 1);
      if (there === undefined) wider.set(number >> 1, sums);
      else for (let i = 0; i < this.quantities; i++) there[i]! += sums[i]!;
    }
    this.stretches = wider;
  }

  /**
   * The record in `count` equal parts of the time from `from` to `to`: the seconds of each quantity, or null where nothing
   * was added.
   */
  parts(from: number, to: number, count: number): (Float64Array | null)[] {
    const length = (to - from) / count;
    const parts = Array.from({ length: count }, (): Float64Array | null => null);
    for (const [number, sums] of this.stretches) {
      const start = Math.max(from, number * this.seconds);
      const end = Math.min(to, (number + 1) * this.seconds);
      const first = Math.floor((start - from) / length);
      for (let part = Math.max(0, first); part < count && from + part * length < end; part++) {
        const overlap = Math.min(end, from + (part + 1) * length) - Math.max(start, from + part * length);
        if (!(overlap > 0)) continue;
        parts[part] ??= new Float64Array(this.quantities);
        for (let i = 0; i < this.quantities; i++) parts[part]![i]! += (sums[i]! * overlap) / this.seconds;
      }
    }
    return parts;
  }
}
