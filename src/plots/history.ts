// Accuracy and loss over the epochs of a training run, training and validation, with the best epoch marked.

import type { HistoryRow } from '../scores/history.js';
import { namedAxis, tickLabels } from './axis.js';
import { type PlotOption, type PlotSize, renderSvg } from './render.js';
import { type ColourPair, palette } from './theme.js';

export interface HistoryPlotOptions {
  /** Epoch of the best checkpoint, from 1; undefined where there is none yet. */
  bestEpoch: number | undefined;
  /** What "best" goes by, for example `val_accuracy`. */
  monitor: string;
}

/** SVG documents. */
export interface HistoryPlots {
  accuracy: string;
  loss: string;
}

const size: PlotSize = { width: 860, height: 460 };
const grid = { left: 76, right: 144, top: 78, bottom: 58 };

/** More epochs than this are drawn without a dot for each. */
const mostDots = 40;

/** Draws both plots. Values that aren't finite, and missing epochs, are gaps in the line. */
export function historyPlots(rows: readonly HistoryRow[], options: HistoryPlotOptions): HistoryPlots {
  const percent = (value: number, digits: number) => `${(value * 100).toFixed(digits)}%`;
  const plain = (value: number, digits: number) => value.toFixed(digits + 1);
  return {
    accuracy: linePlot(rows, options, 'accuracy', 'valAccuracy', 'Accuracy', percent),
    loss: linePlot(rows, options, 'loss', 'valLoss', 'Loss (cross-entropy)', plain),
  };
}

type Measure = 'accuracy' | 'loss' | 'valAccuracy' | 'valLoss';
/** [epoch, value]; null is a gap. */
type Point = [number, number | null];

function linePlot(
  rows: readonly HistoryRow[],
  { bestEpoch, monitor }: HistoryPlotOptions,
  training: Measure,
  validation: Measure,
  title: string,
  format: (value: number, digits: number) => string,
): string {
  const epochs = rows.map((row) => row.epoch);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const best = rows.find((row) => row.epoch === bestEpoch);
  const bestValue = best === undefined ? Number.NaN : (best.measures[validation] ?? Number.NaN);
  // The value stands beside the best epoch's line where curves rarely are: low if they rise, high if they fall.
  const labelY = training === 'accuracy' ? size.height - grid.bottom - 16 : grid.top + 14;
  const series = [
    line('training', palette.training, pointsOf(rows, training), format),
    line('validation', palette.validation, pointsOf(rows, validation), format),
    ...(best === undefined ? [] : [verticalLine(best.epoch)]),
    ...(Number.isFinite(bestValue)
      ? [bestPoint(best!.epoch, bestValue, best!.epoch > (first + last) / 2, labelY, format)]
      : []),
  ];
  const subtitle = best === undefined ? '' : `best epoch: ${best.epoch}, by ${monitor}`;
  const option: PlotOption = {
    title: {
      text: `${title} over epochs`,
      subtext: subtitle,
      left: 16,
      top: 12,
      itemGap: 6,
      textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
      subtextStyle: { fontSize: 13, color: palette.best.light },
    },
    legend: {
      right: 20,
      top: 14,
      itemGap: 20,
      itemWidth: 28,
      textStyle: { fontSize: 13, color: palette.text.light },
      data: ['training', 'validation'],
    },
    grid,
    xAxis: epochAxis(first, last),
    yAxis: valueAxis(title, format),
    series,
  };
  const ending = Number.isFinite(bestValue) ? `, ${format(bestValue, 1)} on validation` : '';
  return renderSvg(option, size, `${title} over ${rows.length} epochs. ${subtitle}${ending}`);
}

/** Rows as points, with a gap where an epoch is missing or its value isn't finite. */
function pointsOf(rows: readonly HistoryRow[], measure: Measure): Point[] {
  const points: Point[] = [];
  for (const row of [...rows].sort((a, b) => a.epoch - b.epoch)) {
    const before = points.at(-1);
    if (before !== undefined && row.epoch > before[0] + 1) points.push([before[0] + 1, null]);
    const value = row.measures[measure] ?? Number.NaN;
    points.push([row.epoch, Number.isFinite(value) ? value : null]);
  }
  return points;
}

function line(
  name: string,
  colour: ColourPair,
  points: readonly Point[],
  format: (value: number, digits: number) => string,
) {
  const shown = (i: number) => (points[i]?.[1] ?? null) !== null;
  const alone = (i: number) => shown(i) && !shown(i - 1) && !shown(i + 1);
  const end = points.findLast(([, value]) => value !== null);
  return {
    name,
    type: 'line',
    silent: true,
    data: points,
    symbol: 'circle',
    symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) =>
      alone(dataIndex) || points.length <= mostDots ? 6 : 0,
    showAllSymbol: true,
    itemStyle: { color: colour.light, borderWidth: 0 },
    lineStyle: { color: colour.light, width: 2 },
    endLabel: {
      show: end !== undefined,
      formatter: end === undefined ? '' : `${name} ${format(end[1]!, 1)}`,
      color: colour.light,
      fontSize: 12,
      fontWeight: 'bold',
      distance: 10,
      lineHeight: 18, // room between two that shift apart
      textBorderWidth: 0,
    },
    labelLayout: { moveOverlap: 'shiftY' },
    z: 3,
  };
}

function verticalLine(epoch: number) {
  return {
    type: 'line',
    silent: true,
    data: [],
    lineStyle: { color: palette.best.light },
    markLine: {
      silent: true,
      symbol: 'none',
      label: { show: false },
      lineStyle: { color: palette.best.light, width: 1.5, type: [6, 4] },
      data: [{ xAxis: epoch }],
    },
    z: 2,
  };
}

function bestPoint(
  epoch: number,
  value: number,
  inRightHalf: boolean,
  labelY: number,
  format: (value: number, digits: number) => string,
) {
  return {
    type: 'scatter',
    silent: true,
    data: [[epoch, value]],
    symbol: 'circle',
    symbolSize: 12,
    itemStyle: {
      color: palette.background.light,
      borderColor: palette.best.light,
      borderWidth: 3,
      opacity: 1,
    },
    label: {
      show: true,
      position: inRightHalf ? 'left' : 'right',
      formatter: `epoch ${epoch}: ${format(value, 2)}`,
      color: palette.best.light,
      fontSize: 13,
      fontWeight: 'bold',
      textBorderColor: palette.background.light,
      textBorderWidth: 4,
    },
    labelLayout: { y: labelY, align: inRightHalf ? 'right' : 'left', verticalAlign: 'middle' },
    z: 5,
  };
}

function epochAxis(first: number, last: number) {
  return {
    ...namedAxis('epoch', 32),
    min: first === last ? first - 1 : first,
    max: first === last ? last + 1 : last,
    minInterval: 1,
    axisLabel: { ...tickLabels, hideOverlap: true },
    splitLine: { show: false },
  };
}

function valueAxis(title: string, format: (value: number, digits: number) => string) {
  return {
    ...namedAxis(title.toLowerCase(), 52),
    scale: true,
    minInterval: title === 'Accuracy' ? 0.001 : 0.01, // the least step that the labels show
    axisLabel: {
      ...tickLabels,
      formatter: (value: number) => format(value, 1).replace(/\.?0+(?=%?$)/, ''),
    },
    splitLine: { lineStyle: { color: palette.grid.light } },
  };
}
