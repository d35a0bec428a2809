// Work in parallel on a list, with a limit.

/** Images that are decoded at a time: as many as Node has threads for it. Each takes its memory at its full size. */
export const imagesAtOnce = 4;

/**
 * Does `work` for 0 to `count - 1`, at most `limit` at a time. After a failure nothing further begins, and the error is thrown once
 * all that had begun has ended, so that none writes into memory that was handed on.
 */
export async function forEachAtOnce(
  count: number,
  limit: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async () => {
    try {
      while (next < count) await work(next++);
    } catch (error) {
      next = count;
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, count) }, run));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
