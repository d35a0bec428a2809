import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FerlabError } from '../errors.js';
import { createFolder, writeFileAtomically } from './atomic.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-atomic-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function failure(promise: Promise<unknown>): Promise<FerlabError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FerlabError);
  expect((error as FerlabError).kind).toBe('io');
  return error as FerlabError;
}

/** Mounts a file system of 64 KiB; says why where that can't be done. */
function mountTinyDisk(path: string): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root, to mount a tiny disk';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `mount is not allowed here: ${(error as Error).message}`;
  }
}

describe('writeFileAtomically', () => {
  it('removes what an ended process left half written of the same file, not of others', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const [same, other] = [`.a.onnx.${pid}.01234567.tmp`, `.b.onnx.${pid}.01234567.tmp`];
    for (const name of [same, other]) await writeFile(join(folder, name), 'half');
    await writeFileAtomically(join(folder, 'a.onnx'), 'whole');
    expect((await readdir(folder)).sort()).toEqual([other, 'a.onnx']);
  });

  it('creates and replaces, text and bytes, and leaves nothing else', async () => {
    const path = join(folder, 'a.txt');
    await writeFileAtomically(path, 'first, and longer');
    await writeFileAtomically(path, 'zweite ß');
    expect(await readFile(path, 'utf8')).toBe('zweite ß');
    await writeFileAtomically(path, Uint8Array.of(0, 255, 7));
    expect([...(await readFile(path))]).toEqual([0, 255, 7]);
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('survives many writers at once: one of them wins, whole', async () => {
    const path = join(folder, 'a.txt');
    const contents = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(50_000));
    await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('says which file, what failed and what to do where the folder is missing', async () => {
    const path = join(folder, 'missing', 'a.txt');
    const error = await failure(writeFileAtomically(path, 'x'));
    expect(error.message).toContain(path);
    expect(error.message).toContain('ENOENT');
    expect(error.message).toContain('create it first');
  });

  it('removes the temporary file where the rename fails', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    const error = await failure(writeFileAtomically(path, 'x'));
    expect(error.message).toContain('renaming failed');
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('leaves the old file alone where the folder may not be written', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere');
    if (process.platform === 'win32') skip('no POSIX permissions');
    const path = join(folder, 'a.txt');
    await writeFile(path, 'old');
    await chmod(folder, 0o555);
    const error = await failure(writeFileAtomically(path, 'new'));
    await chmod(folder, 0o755);
    expect(error.message).toContain('No permission');
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('leaves the old file alone on a full disk', async ({ skip }) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    const reason = mountTinyDisk(disk);
    if (reason !== undefined) skip(reason);
    try {
      const path = join(disk, 'model.onnx');
      await writeFileAtomically(path, 'old');
      const error = await failure(writeFileAtomically(path, new Uint8Array(1 << 20)));
      expect(error.message).toContain(path);
      expect(error.message).toContain('ENOSPC');
      expect(error.message).toContain('free some space');
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(await readdir(disk)).toEqual(['model.onnx']);
      // The space of the failed attempt is free again.
      await writeFileAtomically(path, new Uint8Array(8192));
      expect((await stat(path)).size).toBe(8192);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('createFolder', () => {
  it('makes parents, accepts what exists, and explains a file in the way', async () => {
    const path = join(folder, 'a', 'b');
    await createFolder(path);
    await createFolder(path);
    expect((await stat(path)).isDirectory()).toBe(true);
    await writeFile(join(folder, 'file'), '');
    const error = await failure(createFolder(join(folder, 'file', 'b')));
    expect(error.message).toContain('is a file, not a folder');
  });
});
