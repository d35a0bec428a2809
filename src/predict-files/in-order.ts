// Work on a stream of things, some ahead of the one that is asked for, with the results in their order.

/**
 * Gives `work(item)` of every item in order, with up to `ahead` of them under way. After a failure nothing further begins,
 * and what is under way has ended before the failure is thrown.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => {}); // thrown where it is awaited, which may be later
      running.push(result);
      if (running.length >= ahead) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    await Promise.allSettled(running);
  }
}
