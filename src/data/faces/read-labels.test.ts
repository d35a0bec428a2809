import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBackgrounds, readFaceLabels } from './read-labels.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-labels-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string, name = 'labels.csv') {
  const file = join(folder, name);
  writeFileSync(file, text);
  return readFaceLabels(file);
}

const points = 'left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y';
const corners = 'left_mouth_x,left_mouth_y,right_mouth_x,right_mouth_y';

describe('readFaceLabels', () => {
  it('gathers the rows of a picture, wherever they stand', async () => {
    const pictures = await read(
      `image,kind,x,y,w,h,${points},${corners},mouth_x,mouth_y\n` +
        'a/1.jpg,,-2.5,3,10,12,1,6,5,6,3,8,1.5,10,4.5,10,,\n' +
        'b.jpg,none\n' +
        'a/1.jpg,ignore,30,3,10,12\n' +
        'a/1.jpg,face,50,3,10,12,,,,,,,,,,,55,12\n',
      'many faces.csv',
    );
    expect(pictures).toEqual([
      {
        file: 'a/1.jpg',
        path: join(folder, 'a/1.jpg'),
        source: 'many faces',
        faces: [
          {
            box: { x: -2.5, y: 3, width: 10, height: 12 },
            points: [
              [1, 6],
              [5, 6],
              [3, 8],
              [1.5, 10],
              [4.5, 10],
            ],
            mouth: null,
          },
          {
            box: { x: 50, y: 3, width: 10, height: 12 },
            points: [null, null, null, null, null],
            mouth: [55, 12],
          },
        ],
        ignore: [{ x: 30, y: 3, width: 10, height: 12 }],
      },
      { file: 'b.jpg', path: join(folder, 'b.jpg'), source: 'many faces', faces: [], ignore: [] },
    ]);
  });

  it('takes columns in any order, leaves others out, and reads quoted names and Windows line ends', async () => {
    const [picture] = await read('\ufeffw,H,wearing,y,x,image\r\n10,12,mask,2,1,"a, b.jpg"\r\n');
    expect(picture).toMatchObject({
      file: 'a, b.jpg',
      faces: [{ box: { x: 1, y: 2, width: 10, height: 12 } }],
    });
  });

  it('takes the left eye at the right where a face is upside down', async () => {
    const [picture] = await read(`image,x,y,w,h,${points}\na.jpg,0,0,10,10,8,8,2,8,5,5\n`);
    expect(picture!.faces[0]!.points[0]).toEqual([8, 8]);
  });

  const header = `image,kind,x,y,w,h,${points},${corners},mouth_x,mouth_y\n`;
  const wrong: [string, string, RegExp][] = [
    ['no box columns', 'image,x,y,width,height\na.jpg,1,2,3,4\n', /labels\.csv: expected .*none called w, h/],
    ['an empty file', '', /expected a first line with the columns .*an empty file/],
    ['no rows', header, /expected rows below the first line/],
    ['a misspelt point', 'image,x,y,w,h,lefteye_x,lefteye_y\na.jpg,1,2,3,4,5,6\n', /found "lefteye_x"/],
    ['a column twice', 'image,x,y,w,h,x\na.jpg,1,2,3,4,1\n', /every column once, found x twice/],
    [
      'a word for a number',
      `${header}a.jpg,,1,2,3,4\na.jpg,,1,two,3,4\n`,
      /line 3: expected a number .*column y, found "two"/,
    ],
    ['a number beyond all pictures', `${header}a.jpg,,1e9,2,3,4\n`, /line 2: expected a number .*"1e9"/],
    [
      'a blank in a box',
      `${header}a.jpg,,1,2,,4\n`,
      /line 2: expected a number in the column w, found nothing/,
    ],
    ['corners for sizes', `${header}a.jpg,,10,20,-3,4\n`, /line 2: .*found -3 and 4/],
    ['no picture', `${header},,1,2,3,4\n`, /line 2: expected a picture in the column image/],
    [
      'another kind',
      `${header}a.jpg,hidden,1,2,3,4\n`,
      /line 2: expected one of face, ignore, none .*"hidden"/,
    ],
    ['a box of no face', `${header}a.jpg,none,1,2,3,4\n`, /line 2: expected no box/],
    [
      'none beside a face',
      `${header}a.jpg,,1,2,3,4\na.jpg,none\n`,
      /line 3: expected faces in a\.jpg or a row of the kind none/,
    ],
    ['half a point', `${header}a.jpg,,1,2,3,4,5\n`, /line 2: expected both of left_eye_x and left_eye_y/],
    [
      'eyes by the person',
      `${header}a.jpg,,0,0,10,10,8,3,2,3\n`,
      /line 2: expected a left eye at the picture's left/,
    ],
    [
      'a mouth twice',
      `${header}a.jpg,,0,0,10,10,,,,,,,2,8,8,8,5,8\n`,
      /line 2: expected the corners of a mouth or its middle/,
    ],
    ['more fields than names', 'image,x,y,w,h\na.jpg,1,2,3,4,5\n', /line 2: expected 5 fields/],
    ['an open quote', `${header}"a.jpg,,1,2,3,4\n`, /labels\.csv: expected a CSV file/],
  ];
  it.each(wrong)('refuses %s', async (_name, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toMatchObject({ kind: 'data' });
  });

  it.each<[string, Buffer, RegExp]>([
    [
      'UTF-16',
      Buffer.from('\ufeffimage,x,y,w,h\na.jpg,1,2,3,4\n', 'utf16le'),
      /found text in UTF-16: save it as UTF-8/,
    ],
    ['semicolons', Buffer.from('image;x;y;w;h\n'), /found text with semicolons between the fields: save it/],
    ['gzip', Buffer.from('1f8b0800000000000003', 'hex'), /found gzip data: unpack it/],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /found one PNG image/],
  ])('says what is there instead of a table: %s', async (_, bytes, message) => {
    const file = join(folder, 'other.csv');
    writeFileSync(file, bytes);
    await expect(readFaceLabels(file)).rejects.toThrow(message);
    await expect(readFaceLabels(file)).rejects.toMatchObject({ kind: 'data' });
  });

  it('says what is there instead of a file', async () => {
    await expect(readFaceLabels(join(folder, 'gone.csv'))).rejects.toThrow(/found nothing/);
    await expect(readFaceLabels(folder)).rejects.toThrow(/found a folder/);
  });
});

describe('readBackgrounds', () => {
  it('takes every image below a folder as one without faces', async () => {
    mkdirSync(join(folder, 'empty/deep'), { recursive: true });
    await expect(readBackgrounds(join(folder, 'empty'))).rejects.toThrow(/found no images/);
    writeFileSync(join(folder, 'empty/deep/1.jpg'), '');
    expect(await readBackgrounds(join(folder, 'empty'))).toEqual([
      { file: 'deep/1.jpg', path: join(folder, 'empty/deep/1.jpg'), source: 'empty', faces: [], ignore: [] },
    ]);
    await expect(readBackgrounds(join(folder, 'gone'))).rejects.toThrow(/found nothing/);
  });
});
