import { expect, it } from 'vitest';
import { lossPlot, precisionRecallPlot, recallPlot, stageLossPlot, validationPlot } from './curves.js';

const row = (epoch: number, classLoss: number) => ({
  epoch,
  learningRate: 1,
  measures: { classLoss, valLoss: classLoss / 2 },
  seconds: 1,
  imagesPerSecond: 1,
  dataWait: 0,
});

it('draws precision over recall of many detections in a small file', () => {
  const curve = Array.from({ length: 20_000 }, (_, i) => ({ recall: i / 20_000, precision: 1 - i / 40_000 }));
  const svg = precisionRecallPlot(curve, 0.7512);
  expect(svg).toContain('average precision 75.1%');
  expect(svg.length).toBeLessThan(40_000);
  expect(precisionRecallPlot([], 0)).toContain('average precision 0.0%');
});

it('draws the part of a curve where something happens, however long its end is', () => {
  const part = Array.from({ length: 100 }, (_, i) => ({ recall: i / 100, precision: 1 - (i / 200) ** 2 }));
  const end = Array.from({ length: 20_000 }, (_, i) => ({ recall: 1, precision: 0.7 - i * 1e-8 }));
  const all = precisionRecallPlot([...part, ...end], 0.8);
  expect(all.length).toBeGreaterThan(0.95 * precisionRecallPlot(part, 0.8).length);
});

it('names the measures of a network in its plots', () => {
  const history = [row(1, 0.5), row(2, Number.NaN), row(3, 0.1)];
  const names = { classLoss: 'face or not', valLoss: 'on others' };
  for (const svg of [lossPlot(history, names), validationPlot(history, names)])
    for (const name of Object.values(names)) expect(svg).toContain(name);
});

it('names the stages in their plots', () => {
  const stages = ['P-Net', 'R-Net', 'O-Net'].map((title, i) => ({
    title,
    recall: [
      { recall: 0.9, proposals: 100 / (i + 1) },
      { recall: 0.5, proposals: 3 },
      { recall: 0, proposals: 0 },
    ],
    history: [row(1, 0.5), row(2, Number.NaN), row(3, 0.1)],
  }));
  for (const svg of [recallPlot(stages), stageLossPlot(stages, ['classLoss', 'valLoss'])])
    for (const { title } of stages) expect(svg).toContain(title);
});
