import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimEmptyFolder, claimFolder, claimFreeFolder, temporaryFolder } from './claim-folder.js';
import { busyFolder, lockName } from './lock.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ferlab-claim-'));
});
afterEach(() => rm(parent, { recursive: true }));

const claim = (name: string) => claimFolder(join(parent, name), busyFolder(name, 'writing'));
const endedProcess = () => spawnSync(process.execPath, ['-e', '']).pid;

function* numbered() {
  for (let n = 1; ; n++) yield join(parent, 'runs', `run-${n}`);
}

describe('claimFolder', () => {
  it('makes parents, and takes back what it made where nothing came of it', async () => {
    const claimed = await claim('a/b/c');
    expect(await readdir(join(parent, 'a/b/c'))).toEqual([lockName]);
    await claimed.undo();
    expect(await readdir(parent)).toEqual([]);
  });

  it('leaves what is in it by then, and folders that were there', async () => {
    await mkdir(join(parent, 'there'));
    await (await claim('there')).undo();
    const made = await claim('made');
    await writeFile(join(parent, 'made', 'result'), '');
    await made.undo();
    expect((await readdir(parent)).sort()).toEqual(['made', 'there']);
  });

  it('removes what a process that has ended left half written, and nothing else', async () => {
    const names = [
      `.last.safetensors.${endedProcess()}.01234567.tmp`,
      `.best.onnx.${process.pid}.01234567.tmp`,
      '.notes.tmp',
      'best.onnx',
    ];
    for (const name of names) await writeFile(join(parent, name), 'half');
    await (await claim('.')).release();
    expect((await readdir(parent)).sort()).toEqual(names.slice(1).sort());
  });

  it('refuses a folder that another holds, and a file', async () => {
    const first = await claim('a');
    await expect(claim('a')).rejects.toThrow(/^a: expected a folder that no other process writes into/);
    await first.release();
    await writeFile(join(parent, 'file'), '');
    await expect(claim('file')).rejects.toMatchObject({ kind: 'io' });
    await expect(claim('file/below')).rejects.toMatchObject({ kind: 'io' });
  });

  it.skipIf(process.getuid?.() === 0)('refuses a folder that can not be written to', async () => {
    await mkdir(join(parent, 'fixed'));
    await chmod(join(parent, 'fixed'), 0o500);
    await expect(claim('fixed')).rejects.toThrow(/No permission/);
  });
});

describe('claimFreeFolder', () => {
  it('gives each of several at once a folder of its own', async () => {
    const claimed = await Promise.all(
      Array.from({ length: 5 }, () => claimFreeFolder(numbered(), busyFolder('runs', 'writing'))),
    );
    expect(claimed.map(({ path }) => basename(path)).sort()).toEqual([1, 2, 3, 4, 5].map((n) => `run-${n}`));
    for (const one of claimed) await one.undo();
    expect(await readdir(join(parent, 'runs')).catch(() => [])).toEqual([]);
  });
});

describe('claimEmptyFolder', () => {
  const claimEmpty = (path: string) => claimEmptyFolder(path, busyFolder(path, 'writing'), 'Do this.');

  it('takes a missing one, and one with nothing but temporaries and the lock of an ended process', async () => {
    await (await claimEmpty(join(parent, 'missing'))).undo();
    const lock = { pid: endedProcess(), host: hostname(), born: null, since: 'before' };
    await writeFile(join(parent, lockName), JSON.stringify(lock));
    await writeFile(join(parent, `.a.${lock.pid}.01234567.tmp`), '');
    await (await claimEmpty(parent)).release();
    expect(await readdir(parent)).toEqual([]);
  });

  it('names what is there', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(parent, name), '');
    await expect(claimEmpty(parent)).rejects.toThrow(
      /expected a new or empty folder, found 4 files or folders in it \(a, b, c, \.\.\.\)\. Do this\.$/,
    );
    await expect(claimEmpty(join(parent, 'a'))).rejects.toThrow(/found a file/);
  });
});

describe('temporaryFolder', () => {
  it('removes those of ended processes, and leaves those of others and what is no such folder', async () => {
    const prefix = `ferlab-temporary-test-${process.pid}-`;
    const at = (name: string) => join(tmpdir(), `${prefix}${name}`);
    const lock = { pid: endedProcess(), host: hostname(), born: null, since: 'before' };
    for (const name of ['left', 'unlocked']) await mkdir(join(at(name), 'fold-1'), { recursive: true });
    await writeFile(join(at('left'), lockName), JSON.stringify(lock));
    const first = await temporaryFolder(prefix);
    const second = await temporaryFolder(prefix);
    const there = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix)).sort();
    expect(there).toEqual([basename(first.path), basename(second.path), `${prefix}unlocked`].sort());
    for (const one of [first, second]) await one.remove();
    await rm(at('unlocked'), { recursive: true });
  });
});
