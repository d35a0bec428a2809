// Lines over a measured axis: what detectors of faces are judged by.

import type { HistoryRow } from '../scores/history.js';
import { namedAxis, tickLabels } from './axis.js';
import { type PlotOption, renderSvg } from './render.js';
import { type ColourPair, palette } from './theme.js';

type Point = readonly [x: number, y: number];

interface Line {
  name: string;
  colour: ColourPair;
  points: readonly Point[];
  dashed?: boolean;
}

interface Axis {
  name: string;
  format(value: number): string;
  min?: number;
  max?: number;
  /** Equal distances for equal factors. */
  logarithmic?: boolean;
}

const size = { width: 760, height: 460 };
const colours = [palette.training, palette.validation, palette.best, palette.mutedText] as const;
const percent = (value: number): string => `${Math.round(value * 100)}%`;

/** Points of a line, at most: more can't be told apart. */
const mostPoints = 400;

function curvesPlot(
  title: string,
  subtitle: string,
  [x, y]: readonly [Axis, Axis],
  lines: readonly Line[],
): string {
  const axis = ({ name, format, min, max, logarithmic }: Axis, gap: number) => ({
    ...namedAxis(name, gap),
    type: logarithmic ? 'log' : 'value',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    axisLabel: { ...tickLabels, hideOverlap: true, formatter: format },
    splitLine: { lineStyle: { color: palette.grid.light } },
  });
  const option: PlotOption = {
    title: {
      text: title,
      subtext: subtitle,
      left: 16,
      top: 12,
      itemGap: 6,
      textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
      subtextStyle: { fontSize: 13, color: palette.mutedText.light },
    },
    legend: {
      right: 20,
      top: 40,
      itemGap: 18,
      itemWidth: 28,
      textStyle: { fontSize: 13, color: palette.text.light },
      data: lines.length > 1 ? lines.filter(({ dashed }) => !dashed).map(({ name }) => name) : [],
    },
    grid: { left: 84, right: 32, top: 84, bottom: 60 },
    xAxis: axis(x, 34),
    yAxis: axis(y, 54),
    series: lines.map(({ name, colour, points, dashed }) => ({
      name,
      type: 'line',
      silent: true,
      symbol: 'none',
      data: thinned(points),
      itemStyle: { color: colour.light },
      lineStyle: { color: colour.light, width: 2, type: dashed ? [6, 4] : 'solid' },
    })),
  };
  return renderSvg(option, size, `${title}. ${subtitle}`);
}

function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= mostPoints) return points;
  const step = (points.length - 1) / (mostPoints - 1);
  return Array.from({ length: mostPoints }, (_, i) => points[Math.round(i * step)]!);
}

/** An SVG document: of detections above each score, how many are faces, over the share of the faces that are found. */
export function precisionRecallPlot(
  curve: readonly { precision: number; recall: number }[],
  averagePrecision: number,
): string {
  const axes: [Axis, Axis] = [
    { name: 'recall', format: percent, min: 0, max: 1 },
    { name: 'precision', format: percent, min: 0, max: 1 },
  ];
  // Most of the points are of the lowest scores, where neither changes any more.
  const points: Point[] = [];
  for (const { recall, precision } of curve) {
    const last = points.at(-1);
    const moved = last && Math.max(Math.abs(recall - last[0]), Math.abs(precision - last[1]));
    if (moved === undefined || moved >= 1 / mostPoints) points.push([recall, precision]);
  }
  const subtitle = `average precision ${(averagePrecision * 100).toFixed(1)}%`;
  return curvesPlot('Precision over recall', subtitle, axes, [
    { name: 'precision', colour: palette.validation, points },
  ]);
}

/** An SVG document: the share of the faces that the stages of a cascade keep, over the proposals that they keep. */
export function recallPlot(
  stages: readonly { title: string; recall: readonly { recall: number; proposals: number }[] }[],
): string {
  const axes: [Axis, Axis] = [
    {
      name: 'proposals a picture',
      format: (value) => String(Number(value.toPrecision(3))),
      logarithmic: true,
    },
    { name: 'recall', format: percent, min: 0, max: 1 },
  ];
  const lines = stages.map(({ title, recall }, i) => ({
    name: title,
    colour: colours[i % colours.length]!,
    points: recall
      .filter(({ proposals }) => proposals > 0)
      .map(({ proposals, recall: share }): Point => [proposals, share])
      .sort(([a], [b]) => a - b),
  }));
  return curvesPlot('Faces kept, by stage', 'at falling thresholds', axes, lines);
}

/** An SVG document: one measure of each stage over its epochs, of training and of validation. */
export function stageLossPlot(
  stages: readonly { title: string; history: readonly HistoryRow[] }[],
  [training, validation]: readonly [training: string, validation: string],
): string {
  const axes: [Axis, Axis] = [
    { name: 'epoch', format: String },
    { name: 'loss', format: (value) => String(Number(value.toFixed(3))) },
  ];
  const lines = stages.flatMap(({ title, history }, i): Line[] => {
    const colour = colours[i % colours.length]!;
    const points = (measure: string): Point[] =>
      history.flatMap(({ epoch, measures }) => {
        const value = measures[measure];
        return value !== undefined && Number.isFinite(value) ? [[epoch, value] as const] : [];
      });
    return [
      { name: title, colour, points: points(validation) },
      { name: `${title}, training`, colour, points: points(training), dashed: true },
    ];
  });
  return curvesPlot('Cross-entropy of face or not, by stage', 'validation; dashed: training', axes, lines);
}

/** The values of measures over epochs, a line each; what is no finite number is left out. */
const measureLines = (history: readonly HistoryRow[], names: Readonly<Record<string, string>>): Line[] =>
  Object.entries(names).map(([measure, name], i) => ({
    name,
    colour: colours[i % colours.length]!,
    points: history.flatMap(({ epoch, measures }): Point[] => {
      const value = measures[measure];
      return value !== undefined && Number.isFinite(value) ? [[epoch, value]] : [];
    }),
  }));

/** An SVG document: measures from 0 to 1 of the photographs that training leaves out, over its epochs. */
export function validationPlot(
  history: readonly HistoryRow[],
  names: Readonly<Record<string, string>>,
): string {
  const axes: [Axis, Axis] = [
    { name: 'epoch', format: String },
    { name: 'share', format: percent, min: 0, max: 1 },
  ];
  const lines = measureLines(history, names);
  return curvesPlot('Photographs that training left out', 'after each epoch', axes, lines);
}

/** An SVG document: the parts of the training loss over its epochs. */
export function lossPlot(history: readonly HistoryRow[], names: Readonly<Record<string, string>>): string {
  const axes: [Axis, Axis] = [
    { name: 'epoch', format: String },
    { name: 'loss', format: (value) => String(Number(value.toFixed(3))), min: 0 },
  ];
  return curvesPlot('Parts of the loss', 'training photographs', axes, measureLines(history, names));
}
