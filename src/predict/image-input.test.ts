import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type ImageInput, readImage } from './image-input.js';

const gray = Uint8Array.from({ length: 12 }, (_, i) => i * 20);
/** The same grey values in every channel. */
const inChannels = (channels: number, alpha = 7) =>
  Uint8Array.from({ length: 12 * channels }, (_, i) =>
    channels % 2 === 0 && i % channels === channels - 1 ? alpha : gray[Math.floor(i / channels)]!,
  );
const png = await sharp(gray, { raw: { width: 4, height: 3, channels: 1 } })
  .png()
  .toBuffer();

describe('readImage', () => {
  it.each<[string, ImageInput]>([
    ['grey values', { width: 4, height: 3, data: gray }],
    ['RGB', { width: 4, height: 3, data: inChannels(3) }],
    ['ImageData', { width: 4, height: 3, data: new Uint8ClampedArray(inChannels(4)) }],
    ['RGBA without opacity', { width: 4, height: 3, data: inChannels(4, 0), channels: 4 }],
    ['grey and alpha', { width: 4, height: 3, data: inChannels(2), channels: 2 }],
    ['a Buffer of PNG', png],
    ['a Uint8Array of PNG', new Uint8Array(png)],
    ['an ArrayBuffer of PNG', new Uint8Array(png).buffer],
    ['a Blob of PNG', new Blob([new Uint8Array(png)])],
  ])('reads %s', async (_, image) => {
    const read = await readImage(image, 'image');
    expect(read).toMatchObject({ width: 4, height: 3 });
    expect([...read.data]).toEqual([...gray]);
  });

  it('follows the orientation that EXIF states', async () => {
    const turned = await sharp(png).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await readImage(turned, 'image')).toMatchObject({ width: 3, height: 4 });
  });

  it.each([
    [
      10,
      /image: expected 4 x 3 = 12 grey values, 36 of RGB or 48 of RGB and alpha; got 10\. Give the pixels/,
    ],
    [24, /got 24\. .*for grey and alpha, add channels: 2/],
    [60, /got 60\./],
    [0, /got 0\./],
  ])('refuses %s values for 4x3', async (length, message) => {
    const image = { width: 4, height: 3, data: new Uint8Array(length) };
    await expect(readImage(image, 'image')).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['fewer values than its channels', { data: gray, channels: 3 }, /4 x 3 x 3 channels = 36 values, got 12/],
    ['five channels', { data: new Uint8Array(60), channels: 5 }, /channels: expected 1 \(grey\).* got 5/],
    ['no width', { width: undefined, data: gray }, /width: expected a whole number above 0, got undefined/],
    ['NaN', { width: Number.NaN, data: gray }, /width: .* got NaN/],
    ['a broken height', { height: 2.5, data: gray }, /height: .* got 2\.5/],
    ['zero', { height: 0, data: new Uint8Array(0) }, /height: .* got 0/],
    ['a negative size', { width: -4, height: -3, data: gray }, /width: .* got -4/],
    ['a huge size', { width: 1e9, height: 1e9, data: gray }, /expected 1000000000 x 1000000000/],
    ['an endless size', { width: Number.POSITIVE_INFINITY, data: gray }, /width: .* got Infinity/],
    ['floats', { data: new Float32Array(12) }, /data: expected a Uint8Array .* got a Float32Array/],
    ['numbers', { data: [...gray] }, /data: expected a Uint8Array .* got a list of 12/],
  ])('refuses an image of %s', async (_, fields, message) => {
    const image = { width: 4, height: 3, ...(fields as object) } as ImageInput;
    await expect(readImage(image, 'image')).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(message),
    });
  });

  it.each<[unknown, RegExp]>([
    ['face.jpg', /got "face\.jpg"\. For files, use predictFiles\./],
    [null, /got null/],
    [7, /got 7/],
    [[png], /got a list of 1/],
    [new Float32Array(3e6), /^.{0,300}got a Float32Array\.$/],
  ])('refuses %s as an image', async (image, message) => {
    await expect(readImage(image as ImageInput, 'predict: image')).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(message),
    });
  });

  it.each([new Uint8Array(0), new TextEncoder().encode('no image'), new Uint8Array(png.subarray(0, 40))])(
    'refuses bytes that are no whole image',
    async (bytes) => {
      await expect(readImage(bytes, 'predict: images[2]')).rejects.toMatchObject({
        name: 'FerlabError',
        kind: 'data',
        message: expect.stringMatching(/^predict: images\[2\]: expected /),
      });
    },
  );
});
