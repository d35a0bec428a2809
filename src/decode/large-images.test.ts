import { setImmediate } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { inTurn } from './large-images.js';

const small = { pixels: 48 * 48, bytes: 1e6 };
const large = { pixels: 12e6, bytes: 50_000 };

async function mostAtOnce(images: { pixels: number | null; bytes: number }[]): Promise<number> {
  let running = 0;
  let most = 0;
  await Promise.all(
    images.map((image) =>
      inTurn(image, async () => {
        most = Math.max(most, ++running);
        await setImmediate();
        running--;
      }),
    ),
  );
  return most;
}

it('lets small images go side by side, and large ones take turns', async () => {
  expect(await mostAtOnce([small, small, small])).toBe(3);
  expect(await mostAtOnce([large, large, large])).toBe(1);
  expect(await mostAtOnce([large, small, large])).toBe(2);
});

it('goes by the file where the size is not known', async () => {
  const unknown = (bytes: number) => ({ pixels: null, bytes });
  expect(await mostAtOnce([unknown(1000), unknown(1000)])).toBe(2);
  expect(await mostAtOnce([unknown(1e6), unknown(1e6)])).toBe(1);
});

it('goes on after an image that failed', async () => {
  const failed = inTurn(large, async () => {
    throw new Error('no');
  });
  const next = inTurn(large, async () => 'next');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('next');
});

it('leaves large images to another thread, where it is told to', async () => {
  vi.resetModules();
  const { inTurn: inThisThread, leaveLargeImages, LargeImageLeft } = await import('./large-images.js');
  leaveLargeImages();
  await expect(inThisThread(large, async () => 'decoded')).rejects.toThrow(LargeImageLeft);
  expect(await inThisThread(small, async () => 'decoded')).toBe('decoded');
});
