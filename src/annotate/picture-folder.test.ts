import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { walkImages } from '../files/walk-images.js';
import { formOfCopy, nameFor, PictureFolder } from './picture-folder.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ferlab-pictures-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const red = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => (i % 3 === 0 ? 200 : 0)) };

describe('nameFor', () => {
  it('keeps the folders below one that was named, and the name alone of a file', () => {
    const name = (file: string, ...paths: string[]) => nameFor(file, paths);
    expect(name(join('photos', 'a', 'b.jpg'), 'photos')).toBe('a/b');
    expect(name(join('photos', 'a', 'b.jpg'), `photos${join('/')}`)).toBe('a/b');
    expect(name(join('..', 'x', 'b.c.png'), join('..', 'x', 'b.c.png'))).toBe('b.c');
    expect(name(join('photos2', 'b.jpg'), 'photos', join('photos2', 'b.jpg'))).toBe('b');
    expect(name('fer2013.csv:12', 'fer2013.csv')).toBe('fer2013.csv-12');
    expect(name('photo', 'photo')).toBe('photo');
  });
});

describe('PictureFolder', () => {
  it('gives names that meet a number, in capitals or not', async () => {
    const folder = await PictureFolder.open(join(root, 'out'));
    const names = [];
    for (const name of ['a/1', 'a/1', 'A/1', '1']) names.push(await folder.write(name, red, 'png'));
    await folder.close();
    expect(names).toEqual(['a/1.png', 'a/1-2.png', 'A/1-3.png', '1.png']);
    const { data } = await sharp(join(root, 'out/a/1.png')).raw().toBuffer({ resolveWithObject: true });
    expect([...data]).toEqual([...red.data]);
    expect(readdirSync(join(root, 'out')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('of annotated copies is known again, and isn’t read where it lies among the pictures', async () => {
    writeFileSync(join(root, 'photo.png'), '');
    const folder = await PictureFolder.open(join(root, 'marked'), true);
    await folder.write('photo', red, 'png');
    await folder.close();
    const walked = await walkImages(root, () => {});
    expect(walked).toEqual({ files: [join(root, 'photo.png')], ownOutput: 1 });
    const named = await walkImages(join(root, 'marked'), () => {});
    expect(named.files).toEqual([join(root, 'marked/photo.png')]);
    await (await PictureFolder.open(join(root, 'none'), true)).close();
    expect(readdirSync(root).sort()).toEqual(['marked', 'photo.png']);
  });

  it('refuses a folder that holds anything, and leaves none behind that is empty', async () => {
    mkdirSync(join(root, 'full'));
    writeFileSync(join(root, 'full/photo.jpg'), 'mine');
    await expect(PictureFolder.open(join(root, 'full'))).rejects.toThrow(
      expect.objectContaining({ kind: 'io', message: expect.stringMatching(/new or empty folder, found 1/) }),
    );
    const folder = await PictureFolder.open(join(root, 'new/out'));
    await folder.close();
    expect(readdirSync(root)).toEqual(['full']);
  });

  it('keeps JPEG for copies of it, and takes PNG for all else', async () => {
    expect(['a.JPG', 'a.jpeg', 'a.jfif', 'a.png', 'a.webp', 'a.tiff', 'a'].map(formOfCopy)).toEqual([
      ...['jpg', 'jpg', 'jpg', 'png', 'png', 'png', 'png'],
    ]);
    const folder = await PictureFolder.open(join(root, 'out'));
    await folder.write('a', red, 'jpg');
    await folder.close();
    expect((await sharp(join(root, 'out/a.jpg')).metadata()).format).toBe('jpeg');
  });
});
