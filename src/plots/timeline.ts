// Expressions over the time of a film: one strip for each person in the colour of the expression, and for one person the
// shares of all expressions.

import { clock } from '../format/numbers.js';
import { tickLabels } from './axis.js';
import { type PlotOption, plottedName, renderSvg, textWidth } from './render.js';
import { classColours, palette } from './theme.js';

/** Parts into which the time is divided unless the scale says how many. */
export const timelineParts = 240;
/** In whole pixels, so that no seams show between parts. */
const partWidth = 3;

const partsOf = ({ parts = timelineParts }: TimelineScale): number => parts;
const widthOf = (scale: TimelineScale): number => partsOf(scale) * partWidth;

/** A person over time. */
export interface TimelinePerson {
  /** For people: `person 1`. */
  name: string;
  /** As many as the scale has: for each class how much of it there was, in any unit; null where nothing was seen. */
  parts: readonly (ArrayLike<number> | null)[];
}

export interface TimelineScale {
  classes: readonly string[];
  /** The time that is drawn, in seconds. */
  from: number;
  to: number;
  /** Parts into which it is divided, each three pixels wide. Default: 240. */
  parts?: number;
}

const legendTop = 44;
const legendLine = 22;

/** Names of the classes with their colours, in as many lines as they need. */
function legend({ classes }: TimelineScale, left: number, width: number) {
  const itemWidth = (name: string) => 14 + 6 + textWidth(name, 13) + 18;
  let [line, used] = [0, 0];
  for (const name of classes) {
    if (used > 0 && used + itemWidth(name) > width) [line, used] = [line + 1, 0];
    used += itemWidth(name);
  }
  const height = (line + 1) * legendLine;
  return {
    height,
    option: {
      left: left - 5,
      top: legendTop,
      width: width + 10,
      itemGap: 18,
      itemWidth: 14,
      itemHeight: 12,
      icon: 'rect',
      selectedMode: false,
      textStyle: { fontSize: 13, color: palette.text.light },
      data: classes.map(plottedName),
    },
  };
}

/** Ticks at round times. */
function timeAxis(scale: TimelineScale) {
  const { from, to } = scale;
  const count = partsOf(scale);
  const length = to - from;
  const mostTicks = Math.max(2, Math.min(9, widthOf(scale) / 70));
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const step = steps.find((seconds) => length / seconds <= mostTicks) ?? 86_400;
  const ticks = new Map<number, string>();
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + 1e-9; n++) {
    const part = Math.round(((n * step - from) / length) * count);
    const time = n * step;
    ticks.set(Math.min(part, count - 1), step < 1 ? `${time.toFixed(1)} s` : clock(time));
  }
  return {
    type: 'category',
    data: Array.from({ length: count }, (_, part) => part),
    boundaryGap: true,
    axisLabel: {
      ...tickLabels,
      interval: (part: number) => ticks.has(part),
      formatter: (part: string) => ticks.get(Number(part)) ?? '',
    },
    axisTick: {
      show: true,
      alignWithLabel: true,
      interval: (part: number) => ticks.has(part),
      lineStyle: { color: palette.axis.light },
    },
    axisLine: { show: true, lineStyle: { color: palette.axis.light } },
    splitLine: { show: false },
  };
}

const titleOf = (text: string, left: number) => ({
  text,
  left: left - 5,
  top: 10,
  textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
});

/** Bars side by side, as wide as the parts. */
const seamlessBars = { type: 'bar', silent: true, barWidth: partWidth, barGap: 0, barCategoryGap: 0 };

/** Series without data, which only give the legend its colours. */
const legendSeries = (classes: readonly string[]) =>
  classColours(classes).map(({ light }, i) => ({
    ...seamlessBars,
    name: plottedName(classes[i]!),
    stack: 'strip 0',
    data: [],
    itemStyle: { color: light },
  }));

function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

const strip = { height: 30, gap: 8 };

/** Strips of the people, at least one: the expression that had the largest share, part by part. */
export function timelinePlot(people: readonly TimelinePerson[], scale: TimelineScale): string {
  const names = people.map(({ name }) => plottedName(name));
  const left = Math.ceil(Math.max(40, ...names.map((name) => textWidth(name, 13) * 1.1))) + 26;
  const plotWidth = widthOf(scale);
  const { height: legendHeight, option: legendOption } = legend(scale, left, plotWidth);
  const top = legendTop + legendHeight + 14;
  const rowHeight = strip.height + strip.gap;
  const colours = classColours(scale.classes);
  const time = timeAxis(scale);
  const option: PlotOption = {
    title: titleOf('Expressions over time', left),
    legend: legendOption,
    // A grid for each, since the strips have gaps between them.
    grid: people.map((_, row) => ({
      left,
      top: top + row * rowHeight,
      width: plotWidth,
      height: strip.height,
    })),
    xAxis: people.map((_, row) => ({ ...time, gridIndex: row, offset: 6, show: row === people.length - 1 })),
    yAxis: names.map((name, row) => ({
      type: 'value',
      gridIndex: row,
      min: 0,
      max: 1,
      name,
      nameLocation: 'middle',
      nameRotate: 0,
      nameGap: 12,
      nameTextStyle: { align: 'right', fontSize: 13, color: palette.text.light },
      axisLabel: { show: false },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
    })),
    series: [
      ...legendSeries(scale.classes),
      ...people.map(({ parts }, row) => ({
        ...seamlessBars,
        stack: `strip ${row}`, // the first as the legend's, beside which it would stand otherwise
        xAxisIndex: row,
        yAxisIndex: row,
        data: parts.map((part) => {
          if (part === null) return null;
          return { value: 1, itemStyle: { color: colours[largest(part)]!.light, borderWidth: 0 } };
        }),
      })),
    ],
  };
  const size = { width: left + plotWidth + 34, height: top + people.length * rowHeight + 32 };
  return renderSvg(
    option,
    size,
    `Expressions of ${people.length} people over ${clock(scale.to - scale.from)}.`,
  );
}

/** One person's shares of all expressions, part by part, stacked to 100%. */
export function personTimelinePlot(person: TimelinePerson, scale: TimelineScale): string {
  const left = 62;
  const plotWidth = widthOf(scale);
  const { height: legendHeight, option: legendOption } = legend(scale, left, plotWidth);
  const top = legendTop + legendHeight + 14;
  const height = 210;
  const colours = classColours(scale.classes);
  const sums = person.parts.map((part) => (part === null ? 0 : Array.from(part).reduce((a, b) => a + b, 0)));
  const option: PlotOption = {
    title: titleOf(`Expressions of ${plottedName(person.name)} over time`, left),
    legend: legendOption,
    grid: { left, top, width: plotWidth, height },
    xAxis: timeAxis(scale),
    yAxis: {
      type: 'value',
      min: 0,
      max: 1,
      interval: 0.25,
      axisLabel: { ...tickLabels, formatter: (share: number) => `${Math.round(share * 100)}%` },
      axisLine: { show: true, lineStyle: { color: palette.axis.light } },
      splitLine: { lineStyle: { color: palette.grid.light } },
    },
    series: scale.classes.map((name, i) => ({
      ...seamlessBars,
      name: plottedName(name),
      stack: 'shares',
      itemStyle: { color: colours[i]!.light, borderWidth: 0 },
      data: person.parts.map((part, p) => (part === null || sums[p] === 0 ? null : part[i]! / sums[p]!)),
    })),
  };
  const size = { width: left + plotWidth + 34, height: top + height + 40 };
  return renderSvg(
    option,
    size,
    `Shares of expressions of ${person.name} over ${clock(scale.to - scale.from)}.`,
  );
}
