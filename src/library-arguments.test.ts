// What programs hand to the library by mistake: a clear FerlabError, never a TypeError of its inside or an answer about
// something else.

import { describe, expect, it } from 'vitest';
import * as ferlab from './index.js';

const three = new Uint8Array(3);
const wrong = <T>(value: unknown): T => value as T;

async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ferlab.FerlabError)) throw error;
    return `${error.kind}: ${error.message}`;
  }
  return 'none';
}

describe('decodeGray, decodePicture and decodeRgb', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [7, '7'],
    ['', '""'],
    [{}, 'an Object'],
    [new ArrayBuffer(4), 'an ArrayBuffer'],
    [new Float32Array(4), 'a Float32Array'],
    [['a.png'], 'a list of 1'],
  ])('refuse a source that is none: %j', async (source, shown) => {
    const gray = await refusal(() => ferlab.decodeGray(wrong(source)));
    expect(gray).toBe(
      `usage: decodeGray: source: expected a path, the bytes of an image file, or the source of a sample, got ${shown}.`,
    );
    expect(await refusal(() => ferlab.decodePicture(wrong(source)))).toMatch(
      /^usage: decodePicture: source: expected a path/,
    );
    expect(await refusal(() => ferlab.decodeRgb(wrong(source)))).toMatch(
      /^usage: decodePicture: source: expected a path/,
    );
  });

  it('refuse sources of samples that lack a part, and limits that are none', async () => {
    for (const source of [
      { kind: 'file' },
      { kind: 'other', path: 'a.png' },
      { kind: 'pixels', pixels: three, width: 2, height: 2 },
    ])
      expect(await refusal(() => ferlab.decodeGray(wrong(source)))).toMatch(/^usage: decodeGray: source/);
    for (const most of [0, -1, Number.NaN, 'many'])
      expect(await refusal(() => ferlab.decodeGray(three, wrong(most)))).toMatch(
        /^usage: decodeGray: maxPixels: expected a positive/,
      );
    expect(await refusal(() => ferlab.decodeGray(three, 5, wrong('1')))).toMatch(
      /^usage: decodeGray: seconds/,
    );
    expect(await refusal(() => ferlab.decodePicture(three, wrong({ most: 4 })))).toMatch(
      /^usage: decodePicture: expected options among/,
    );
    expect(await refusal(() => ferlab.decodeRgb(three, wrong({ keep: 4 })))).toMatch(
      /^usage: decodeRgb: expected options among/,
    );
  });
});

describe('toGray and toRgb', () => {
  it.each<[string, readonly unknown[], string]>([
    ['nothing', [], 'pixels: expected pixels (a Uint8Array or Uint8ClampedArray), got undefined.'],
    [
      'a list',
      [[1, 2, 3], 1, 1, 3],
      'pixels: expected pixels (a Uint8Array or Uint8ClampedArray), got a list of 3.',
    ],
    [
      'floats',
      [new Float32Array(3), 1, 1, 3],
      'pixels: expected pixels (a Uint8Array or Uint8ClampedArray), got a Float32Array.',
    ],
    ['a negative size', [three, -1, -1, 3], 'width: expected a whole number from 1 to 1000000, got -1.'],
    ['half a pixel', [three, 2, 0.5, 3], 'height: expected a whole number from 1 to 1000000, got 0.5.'],
    ['no channels', [three, 1, 1], 'channels: expected one of 1, 2, 3, 4, got undefined.'],
    ['five channels', [new Uint8Array(5), 1, 1, 5], 'channels: expected one of 1, 2, 3, 4, got 5.'],
  ])('refuse %s', async (_, given, message) => {
    for (const [call, work] of Object.entries({ toGray: ferlab.toGray, toRgb: ferlab.toRgb })) {
      expect(await refusal(() => wrong<(...given: readonly unknown[]) => unknown>(work)(...given))).toBe(
        `usage: ${call}: ${message}`,
      );
    }
  });
});

describe('models', () => {
  it.each([undefined, null, 7, {}, 'a.onnx'])('withTestTimeAugmentation refuses %j', async (model) => {
    const work = () => ferlab.withTestTimeAugmentation(wrong<ferlab.ExpressionModel>(model), 'flip');
    expect(await refusal(work)).toMatch(
      /^usage: withTestTimeAugmentation: model: expected a loaded model \(of loadModel\), got/,
    );
  });

  it.each([undefined, null, 'a.onnx', new ArrayBuffer(4)])('withHalfPrecision refuses %j', async (bytes) => {
    expect(await refusal(() => ferlab.withHalfPrecision(wrong(bytes), 'a.onnx'))).toMatch(
      /^usage: withHalfPrecision: bytes: expected bytes \(a Uint8Array\), got/,
    );
    expect(await refusal(() => ferlab.withHalfPrecision(three, wrong(7)))).toMatch(
      /^usage: withHalfPrecision: where/,
    );
  });

  it.each([undefined, null, [], [1], [{}], ['a.onnx']])('openEnsemble refuses %j', async (models) => {
    expect(await refusal(() => ferlab.openEnsemble(wrong<ferlab.ExpressionModel[]>(models)))).toMatch(
      /^usage: openEnsemble: expected a list of one or more loaded models, got/,
    );
  });
});

describe('what takes a path, a note or a margin', () => {
  it.each([undefined, null, 7, {}, []])('refuses %j', async (value) => {
    const given = wrong<never>(value);
    expect(await refusal(() => ferlab.cropDataset(given, 'out'))).toMatch(
      /^usage: cropDataset: path: expected/,
    );
    expect(await refusal(() => ferlab.cropDataset('in', given))).toMatch(
      /^usage: cropDataset: out: expected/,
    );
    expect(await refusal(() => ferlab.describeNote(given))).toMatch(/^usage: describeNote: expected a note/);
    expect(await refusal(() => ferlab.testTimeViews(new Float32Array(4), 2, 2, 'flip', given))).toMatch(
      /^usage: testTimeViews: margin: expected/,
    );
    expect(await refusal(() => ferlab.testTimeViews(given, 2, 2, 'none', { x: 0, y: 0 }))).toMatch(
      /^usage: testTimeViews: pixels: expected a Float32Array/,
    );
    if (value !== undefined)
      expect(await refusal(() => ferlab.openExplainer(given))).toMatch(
        /^usage: openExplainer: file: expected/,
      );
  });

  it('refuses pixels of no whole image', async () => {
    const margin = { x: 0, y: 0 };
    expect(await refusal(() => ferlab.testTimeViews(new Float32Array(5), 2, 2, 'flip', margin))).toMatch(
      /^usage: testTimeViews: pixels: expected those of whole images, 2 x 2 = 4 each; got 5/,
    );
  });
});

describe('configurations of trainings', () => {
  it.each([{}, { train: {} }, { train: { epochs: 'many' } }])('of %j are refused', async (config) => {
    const { resolveTrainConfig, trainFromConfig } = await import('./train/index.js');
    expect(await refusal(() => trainFromConfig(wrong(config)))).toMatch(/^usage: train: /);
    for (const none of [undefined, null, 7, []])
      expect(await refusal(() => resolveTrainConfig('tiny', wrong(none)))).toMatch(
        /^usage: settings: expected an object/,
      );
  });
});
