import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { touchIn } from '../../test/data/empty-files.js';
import { walkImages } from './walk-images.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-walk-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const touch = (...names: string[]): void => touchIn(root, names);

describe('walkImages', () => {
  it('finds images at any depth and through links, and reports what it passes over', async () => {
    touch(
      'w/b.jpg',
      'w/a.PNG',
      'w/sub/c.gif',
      'w/._a.png',
      'w/.cache/x.jpg',
      'w/notes.txt',
      'far/d.jpg',
      'e.jpg',
    );
    symlinkSync(join(root, 'far'), join(root, 'w/linked'));
    symlinkSync(join(root, 'e.jpg'), join(root, 'w/e.jpg'));
    symlinkSync('..', join(root, 'w/sub/up'));
    symlinkSync('nowhere.jpg', join(root, 'w/broken.jpg'));
    const reported: string[] = [];
    const { files } = await walkImages(join(root, 'w'), (path, _, kind) => {
      reported.push(`${relative(root, path)} ${kind}`);
    });
    expect(files.map((file) => relative(root, file))).toEqual([
      'w/a.PNG',
      'w/b.jpg',
      'w/e.jpg',
      'w/linked/d.jpg',
      'w/sub/c.gif',
    ]);
    expect(reported.sort()).toEqual(['w/broken.jpg image', 'w/notes.txt other', 'w/sub/up other']);
  });

  it('rejects where the folder itself can not be listed', async () => {
    await expect(walkImages(join(root, 'gone'), () => {})).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
