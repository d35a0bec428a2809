// The plots, by what their SVG contains: texts, marks, colours. How they look was judged by eye.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { svgToPng } from '../report/svg-to-png.js';
import type { HistoryRow } from '../scores/history.js';
import { confusionPlots } from './confusion.js';
import { historyPlots } from './history.js';
import { reliabilityPlot } from './reliability.js';
import { renderSvg, textWidth } from './render.js';
import { allColours, cellScale, palette } from './theme.js';

function row(epoch: number, more: HistoryRow['measures'] = {}): HistoryRow {
  return {
    epoch,
    learningRate: 0.001,
    measures: {
      loss: 2 / epoch,
      accuracy: 1 - 0.8 / epoch,
      valLoss: 2.1 / epoch,
      valAccuracy: 0.9 - 0.7 / epoch,
      ...more,
    },
    seconds: 30,
    imagesPerSecond: 900,
    dataWait: 0.01,
  };
}

const rows = (n: number) => Array.from({ length: n }, (_, i) => row(i + 1));

/** What stands between the tags of all <text> elements. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);
}

/** Filled dots of a colour. */
function dots(svg: string, colour: string): number {
  return [...svg.matchAll(/<path [^>]*A1 1 [^>]*>/g)].filter(([path]) => path.includes(`fill="${colour}"`))
    .length;
}

/** How often the pen is put down in lines of a colour. */
function strokes(svg: string, colour: string): string[] {
  return [...svg.matchAll(/<path d="([^"]+)" [^>]*>/g)]
    .filter(([path]) => path.includes(`fill="none"`) && path.includes(`stroke="${colour}"`))
    .map((match) => match[1]!);
}

const bins = Array.from({ length: 15 }, (_, m) => ({
  lower: m / 15,
  upper: (m + 1) / 15,
  count: m < 5 ? 0 : 10 * m,
  confidence: m < 5 ? 0 : (m + 0.5) / 15,
  accuracy: m < 5 ? 0 : (m + 0.2) / 15,
}));

const confusion = [
  [8, 1, 1],
  [0, 6, 2],
  [0, 0, 0],
];

function everyPlot(): [string, string][] {
  const history = historyPlots(rows(12), { bestEpoch: 9, monitor: 'val_accuracy' });
  const matrices = confusionPlots(confusion, ['happy', 'sad', 'fear']);
  return [
    ['accuracy', history.accuracy],
    ['loss', history.loss],
    ['confusion', matrices.counts],
    ['normalised confusion', matrices.normalised],
    ['reliability', reliabilityPlot(bins, 0.02)],
  ];
}

describe.each(everyPlot())('%s', (_, svg) => {
  it('uses no colour without a dark partner', () => {
    const known = new Set(allColours().map(({ light }) => light));
    const body = svg.replace(/<style>[\s\S]*?<\/style>/, '').replace(/<defs\s*>[\s\S]*<\/defs>/, '');
    const visible = [...body.matchAll(/<[^>]*>/g)]
      .map(([tag]) => tag)
      .filter((tag) => !tag.includes('fill-opacity="0"'))
      // A line of two points has no inside to fill.
      .map((tag) => (/d="M[^ML]*L[^ML]*"/.test(tag) ? tag.replace(/ fill="[^"]*"/, '') : tag));
    const used = visible.flatMap((tag) => [...tag.matchAll(/ (?:fill|stroke)="([^"]*)"/g)].map((m) => m[1]!));
    expect(used.length).toBeGreaterThan(10);
    expect([...new Set(used)].filter((colour) => colour !== 'none' && !known.has(colour))).toEqual([]);
  });

  it('is opaque, has a title, and changes with the colour scheme', () => {
    expect(svg).toMatch(
      /^<svg [^>]*role="img"><title>[^<]+<\/title><style>@media \(prefers-color-scheme:dark\)/,
    );
    expect(svg).toMatch(/<rect [^>]*fill="#ffffff"/);
    expect(svg).not.toContain(':hover');
  });

  it('has texts of 10 pixels and more', () => {
    const sizes = [...svg.matchAll(/font-size:([\d.]+)px/g)].map((match) => Number(match[1]));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(10);
  });
});

describe('historyPlots', () => {
  it('draws a dot for each epoch and set, and names axes and lines', () => {
    const { accuracy } = historyPlots(rows(12), { bestEpoch: 9, monitor: 'val_accuracy' });
    expect(dots(accuracy, palette.training.light)).toBe(12);
    expect(dots(accuracy, palette.validation.light)).toBe(12);
    expect(texts(accuracy)).toEqual(
      expect.arrayContaining([
        'epoch',
        'accuracy',
        'training',
        'validation',
        'best epoch: 9, by val_accuracy',
      ]),
    );
    expect(texts(accuracy)).toContain('validation 84.2%'); // 0.9 - 0.7 / 12
  });

  it('marks the best epoch by a line, a point and its value', () => {
    const { accuracy, loss } = historyPlots(rows(12), { bestEpoch: 9, monitor: 'val_accuracy' });
    expect(texts(accuracy)).toContain('epoch 9: 82.22%');
    expect(texts(loss)).toContain('epoch 9: 0.233');
    for (const svg of [accuracy, loss]) {
      const line = strokes(svg, palette.best.light);
      expect(line).toHaveLength(1);
      const [x] = /^M([\d.]+) /.exec(line[0]!)!.slice(1).map(Number);
      // The axis goes from epoch 1 at x = 76 to epoch 12 at 860 - 144.
      expect(Math.abs(x! - (76 + ((860 - 144 - 76) * 8) / 11))).toBeLessThan(1);
    }
  });

  it('marks nothing where there is no best epoch', () => {
    const { accuracy } = historyPlots(rows(3), { bestEpoch: undefined, monitor: 'val_accuracy' });
    expect(strokes(accuracy, palette.best.light)).toEqual([]);
    expect(accuracy).not.toContain('best');
  });

  it('draws a single epoch as points', () => {
    const { accuracy } = historyPlots(rows(1), { bestEpoch: 1, monitor: 'val_accuracy' });
    expect(dots(accuracy, palette.training.light)).toBe(1);
    expect(texts(accuracy)).toContain('epoch 1: 20.00%');
    expect(accuracy).not.toContain('NaN');
  });

  it('leaves gaps for values that are not numbers and for missing epochs', () => {
    const history = rows(12).filter(({ epoch }) => epoch !== 4);
    history[6] = row(8, { valAccuracy: Number.NaN, loss: Number.POSITIVE_INFINITY });
    const { accuracy, loss } = historyPlots(history, { bestEpoch: 12, monitor: 'val_accuracy' });
    const pieces = (svg: string, colour: string) =>
      Math.max(...strokes(svg, colour).map((path) => path.split('M').length - 1));
    expect(pieces(accuracy, palette.training.light)).toBe(2);
    expect(pieces(accuracy, palette.validation.light)).toBe(3);
    expect(pieces(loss, palette.training.light)).toBe(3);
    expect(accuracy).not.toMatch(/NaN|Infinity/);
  });

  it('draws a run that diverged from the start', () => {
    const nan = { loss: Number.NaN, accuracy: Number.NaN, valLoss: Number.NaN, valAccuracy: Number.NaN };
    const { loss } = historyPlots([row(1, nan)], { bestEpoch: 1, monitor: 'val_accuracy' });
    expect(loss).toContain('Loss');
    expect(loss).not.toContain('="NaN');
  });

  it('draws hundreds of epochs as lines without dots', () => {
    const { accuracy } = historyPlots(rows(400), { bestEpoch: 400, monitor: 'val_accuracy' });
    expect(accuracy.length).toBeLessThan(150_000);
    const line = strokes(accuracy, palette.validation.light).find((path) => path.length > 1000)!;
    expect(line.split(/[ML]/).length - 1).toBe(400);
  });
});

describe('confusionPlots', () => {
  it('writes counts, and shares of the actual class', () => {
    const { counts, normalised } = confusionPlots(confusion, ['happy', 'sad', 'fear']);
    expect(texts(counts)).toEqual(
      expect.arrayContaining([
        '8',
        '6',
        '2',
        'predicted',
        'actual (images)',
        'happy (10)',
        'sad (8)',
        'fear',
      ]),
    );
    expect(texts(normalised)).toEqual(expect.arrayContaining(['80%', '10%', '75%', '25%']));
    // A class that doesn't occur has no shares.
    expect(texts(normalised).filter((text) => text.endsWith('%'))).toHaveLength(6);
    expect(texts(counts).filter((text) => /^\d+$/.test(text))).toHaveLength(9);
  });

  it('colours cells by their share, from the lightest to the darkest', () => {
    const { counts } = confusionPlots(confusion, ['happy', 'sad', 'fear']);
    const fills = [...counts.matchAll(/<path [^>]*fill="([^"]*)"/g)].map((match) => match[1]);
    expect(fills.filter((fill) => fill === cellScale.at(-1)!.light)).toHaveLength(1);
    expect(fills.filter((fill) => fill === cellScale[0]!.light)).toHaveLength(4);
  });

  it.each([2, 13, 50])('names every one of %i classes on both axes', (n) => {
    const names = Array.from({ length: n }, (_, i) => `expression ${i}`);
    const matrix = names.map((_, i) => names.map((__, j) => (i === j ? 100 : 1)));
    const { counts } = confusionPlots(matrix, names);
    const shown = texts(counts);
    for (const name of names) {
      expect(shown).toContain(name);
      expect(shown).toContain(`${name} (${99 + n})`);
    }
  });

  it('keeps classes apart whose shortened names are the same, and escapes names', () => {
    const names = ['a very long name of a class, 1', 'a very long name of a class, 2', '<b>&'];
    const { counts } = confusionPlots(confusion, names);
    expect(texts(counts).filter((text) => text.startsWith('a very long name'))).toHaveLength(4);
    expect(texts(counts)).toContain('&lt;b&gt;&amp;');
    expect(counts).not.toContain('\u0000');
  });
});

describe('reliabilityPlot', () => {
  it('draws a bar for each filled bin, above and below', () => {
    const svg = reliabilityPlot(bins, 0.0234);
    const bars = (colour: string) =>
      [...svg.matchAll(/<path [^>]*Z"[^>]*>/g)].filter(([tag]) => tag.includes(`fill="${colour}"`)).length;
    expect(bars(palette.axis.light)).toBe(10);
    expect(bars(palette.validation.light)).toBe(10 + 1); // and the legend's
    expect(texts(svg).join()).toContain('expected calibration error 2.3%');
  });
});

describe('renderSvg and svgToPng', () => {
  it('gives the same text for the same option, whatever was drawn before', () => {
    const draw = () => historyPlots(rows(5), { bestEpoch: 3, monitor: 'val_loss' }).accuracy;
    const first = draw();
    confusionPlots(confusion, ['a', 'b', 'c']);
    expect(draw()).toBe(first);
  });

  it('draws classes of any name, and changes no object of the program', async () => {
    const before = Reflect.ownKeys(Object.prototype);
    const names = [
      '__proto__',
      'toString',
      'constructor',
      '\u001b[31mred',
      'a\u0000b',
      '<b>&"\'',
      'a\nb',
      '{b}',
    ];
    const zeros = names.map(() => names.map(() => 0));
    const { counts } = confusionPlots(zeros, names);
    await svgToPng(counts);
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(Reflect.ownKeys(Object.prototype.toString).sort()).toEqual(['length', 'name']);
    for (const name of ['__proto__', 'toString', '{b}']) expect(texts(counts).join()).toContain(name);
  });

  it('escapes the description', () => {
    const svg = renderSvg({ title: { text: 'x' } }, { width: 100, height: 50 }, 'a < b & "c"');
    expect(svg).toContain('<title>a &lt; b &amp; &quot;c&quot;</title>');
  });

  it('makes a PNG of twice the size, light, with ink where the title is', async () => {
    const { accuracy } = historyPlots(rows(5), { bestEpoch: 3, monitor: 'val_accuracy' });
    const png = await svgToPng(accuracy);
    const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([1720, 920]);
    expect(data[0]).toBe(255);
    const title = await sharp(png)
      .extract({ left: 32, top: 20, width: 400, height: 44 })
      .greyscale()
      .raw()
      .toBuffer();
    const ink = title.filter((value) => value < 100).length;
    expect(ink).toBeGreaterThan(800);
    expect(ink).toBeLessThan(title.length / 3);
  });

  it('estimates the width of a text within a tenth', async () => {
    for (const text of ['validation 64.7%', 'Confusion matrix, images', 'surprise (415)', 'MWmw@']) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="40"><rect width="600" height="40" fill="#fff"/><text x="10" y="28" font-size="20">${text}</text></svg>`;
      const { info } = await sharp(await svgToPng(svg))
        .trim()
        .toBuffer({ resolveWithObject: true });
      const measured = info.width / 2;
      expect(Math.abs(textWidth(text, 20) - measured) / measured, text).toBeLessThan(0.1);
    }
  });
});
