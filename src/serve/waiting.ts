// What waits for a worker: first come, first served, bounded by the number of faces.

/** One image that waits. */
export interface Waiting {
  /** Faces that it counts as. */
  readonly faces: number;
  /** It goes to a worker by itself: a batch that it was in has ended a worker. */
  alone: boolean;
}

/** A queue with a limit in faces. */
export class WaitingLine<Item extends Waiting> {
  private items: Item[] = [];
  private counted = 0;

  /** @param limit faces that may wait. */
  constructor(readonly limit: number) {}

  /** Faces that wait. */
  get faces(): number {
    return this.counted;
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  /**
   * Adds all, or none where they are too many; what is more than the limit by itself is added where nothing waits.
   *
   * @returns whether they were added.
   */
  add(items: readonly Item[]): boolean {
    const faces = items.reduce((sum, item) => sum + item.faces, 0);
    if (this.counted > 0 && this.counted + faces > this.limit) return false;
    this.items.push(...items);
    this.counted += faces;
    return true;
  }

  /** Puts back what was taken, before all others and whatever the limit: it was accepted already. */
  putBack(items: readonly Item[]): void {
    this.items.unshift(...items);
    this.counted += items.reduce((sum, item) => sum + item.faces, 0);
  }

  /** Takes the longest waiting, up to `most` faces, but always one; what has to be alone comes alone. */
  take(most: number): Item[] {
    const [first] = this.items;
    if (first === undefined) return [];
    let faces = first.faces;
    let count = 1;
    while (!first.alone && count < this.items.length) {
      const next = this.items[count]!;
      if (next.alone || faces + next.faces > most) break;
      faces += next.faces;
      count++;
    }
    this.counted -= faces;
    return this.items.splice(0, count);
  }

  /** Leaves out what nobody waits for any more. */
  remove(isGone: (item: Item) => boolean): void {
    this.items = this.items.filter((item) => {
      if (!isGone(item)) return true;
      this.counted -= item.faces;
      return false;
    });
  }
}
