import { describe, expect, it } from 'vitest';
import { recogniseLayout } from './layouts.js';

const split = (images: number, perClass: number[] = [images]) => ({ images, perClass });
const publicTest = split(3589, [467, 56, 496, 895, 607, 653, 415]);
const privateTest = split(3589, [491, 55, 528, 879, 626, 594, 416]);
const train = split(28_709);

describe('recogniseLayout', () => {
  it.each([
    ['official', [train, publicTest, privateTest], 'FER2013, official'],
    ['without PrivateTest', [train, publicTest], 'FER2013, official Training and PublicTest'],
    ['without PublicTest', [train, privateTest], 'FER2013, official Training and PrivateTest'],
    ['of unknown test set', [train, split(3589)], 'FER2013, official Training and one of the two test sets'],
    ['merged', [train, split(7178)], 'FER2013 with merged test sets'],
    ['re-split', [split(28_821), split(7066)], 'FER2013, re-split on Kaggle'],
  ])('knows FER2013 %s', (_, splits, name) => {
    expect(recogniseLayout(splits)?.name).toBe(name);
  });

  it.each([
    ['PublicTest', publicTest, 'FER2013, official Training and PublicTest'],
    ['PrivateTest', privateTest, 'FER2013, official Training and PrivateTest'],
  ])('knows %s with an image whose label is lost', (_, { images, perClass }, name) => {
    const [first, ...others] = perClass;
    expect(recogniseLayout([train, { images, perClass: [first! - 1, ...others] }])?.name).toBe(name);
  });

  it('warns of scores that were chosen on a test set', () => {
    for (const splits of [
      [train, privateTest],
      [train, split(7178)],
    ]) {
      expect(recogniseLayout(splits)!.notComparable).toMatch(/chosen on/);
    }
  });

  it.each([
    ['one image less', [split(28_708), publicTest]],
    ['another test set', [train, split(3590)]],
    ['no other split', [train]],
    ['one more split', [split(28_821), split(7066), split(10)]],
    ['nothing', []],
  ])('does not claim to know %s', (_, splits) => {
    expect(recogniseLayout(splits)).toBeNull();
  });
});
