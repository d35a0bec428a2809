import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { busyFolder, describeHolder, lockFolder, lockHolder, lockName } from './lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const take = () => lockFolder(folder, busyFolder(folder, 'writing'));
const holder = { pid: process.pid, host: hostname(), born: null, since: '2026-01-02T03:04:05.000Z' };
const plant = (changes: object) =>
  writeFile(join(folder, lockName), JSON.stringify({ ...holder, ...changes }));

describe('lockFolder', () => {
  it('names this process, refuses a second time, and leaves nothing once released', async () => {
    const lock = await take();
    const held = await lockHolder(folder);
    expect(held?.pid).toBe(process.pid);
    expect(describeHolder(held!)).toMatch(/^process \d+ on this machine \(since 2\d\d\d-.*Z\)$/);
    await expect(take()).rejects.toThrow(
      new RegExp(`expected a folder that no other process writes into, found that process ${process.pid} `),
    );
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    expect(await lockHolder(folder)).toBeNull();
    await (await take()).release();
  });

  it.each([
    ['a process that has ended', () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid })],
    ['an earlier process with the number of this one', () => ({ born: 'another start of the system 1' })],
  ])('takes over the lock of %s', async (_, changes) => {
    await plant(changes());
    const lock = await take();
    expect(JSON.parse(await readFile(join(folder, lockName), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(await readdir(folder)).toEqual([lockName]);
    await lock.release();
  });

  it('takes over a file that is no lock, as of a process that was killed while it wrote it', async () => {
    await writeFile(join(folder, lockName), '');
    await (await take()).release();
  });

  it('lets a process of another machine have it, and says what to do if that has ended', async () => {
    await plant({ host: 'elsewhere', pid: 1 });
    await expect(take()).rejects.toThrow(
      /process 1 on elsewhere .* If that process has ended, remove .*\.ferlab-lock\.$/,
    );
  });

  it('is taken by one alone of several at once, also where a process that has ended left its lock', async () => {
    await plant({ born: 'another start of the system 1' });
    const all = await Promise.allSettled(Array.from({ length: 8 }, take));
    const taken = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(taken).toHaveLength(1);
    await taken[0]!.release();
    expect(await readdir(folder)).toEqual([]);
  });
});
