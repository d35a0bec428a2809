import { expect, it } from 'vitest';
import { within } from './general-decoder.js';

const after = (milliseconds: number) =>
  new Promise<string>((resolve) => setTimeout(resolve, milliseconds, 'done'));

/** Uses a CPU for so long. */
function work(milliseconds: number): void {
  const start = performance.now();
  while (performance.now() - start < milliseconds);
}

it('waits for what gets no CPU, ten times as long by the clock at most', async () => {
  // While nothing computes, 0.3 s pass at a fraction of 0.1 s of a CPU.
  expect(await within(0.1, after(300))).toBe('done');
  const start = performance.now();
  await expect(within(0.05, new Promise(() => {}))).rejects.toThrow(/decoded within 0.05 s/);
  expect(performance.now() - start).toBeGreaterThanOrEqual(495);
});

it('gives up what had its time of a CPU', async () => {
  const result = within(0.05, after(5000));
  result.catch(() => {});
  const start = performance.now();
  const cpu = process.cpuUsage();
  while (process.cpuUsage(cpu).user < 60_000) work(10);
  await expect(result).rejects.toThrow(/found one that takes longer/);
  expect(performance.now() - start).toBeLessThan(5000);
});
