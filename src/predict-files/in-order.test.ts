import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

describe('inOrder', () => {
  it('keeps the order, with so many at a time and no more', async () => {
    let [running, most] = [0, 0];
    const work = async (i: number) => {
      most = Math.max(most, ++running);
      await sleep((7 - i) % 3);
      running--;
      return i * 10;
    };
    const results: number[] = [];
    for await (const result of inOrder(numbers(7), 3, work)) results.push(result);
    expect(results).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(most).toBe(3);
  });

  it('begins nothing after a failure, and ends what runs before it is thrown', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = async (i: number) => {
      begun.push(i);
      if (i === 1) throw new Error('no');
      await sleep(5);
      ended.push(i);
      return i;
    };
    const all = async () => {
      for await (const _ of inOrder(numbers(9), 2, work));
    };
    await expect(all()).rejects.toThrow('no');
    expect(begun.length).toBeLessThanOrEqual(3);
    expect(ended).toEqual(begun.filter((i) => i !== 1));
  });
});
