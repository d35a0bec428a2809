import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { forEachAtOnce } from './at-once.js';

it('does all, so many at a time and no more', async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await forEachAtOnce(10, 3, async (i) => {
    most = Math.max(most, ++running);
    await setImmediate();
    running--;
    done.push(i);
  });
  expect(most).toBe(3);
  expect(done.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('begins nothing after a failure, and waits for what runs', async () => {
  const begun: number[] = [];
  let running = 0;
  const all = forEachAtOnce(10, 2, async (i) => {
    begun.push(i);
    running++;
    await setImmediate();
    if (i === 0) throw new Error('no');
    await setImmediate();
    running--;
  });
  await expect(all).rejects.toThrow('no');
  expect(begun).toEqual([0, 1]);
  expect(running).toBe(1); // the one that failed
});
