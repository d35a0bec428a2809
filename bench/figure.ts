// A contest's figure: lines of shares over a common axis, drawn like the plots of a report.

import { namedAxis, tickLabels } from '../dist/plots/axis.js';
import { renderSvg } from '../dist/plots/render.js';
import { palette } from '../dist/plots/theme.js';

/** Plain data, kept in benchmarks.json. */
export interface Figure {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly title: string;
  /** What the horizontal axis counts. */
  readonly x: string;
  /** What the vertical axis shows, in shares from 0 to 1. */
  readonly y: string;
  /** A share that a level line marks, and what it is. */
  readonly mark?: { readonly y: number; readonly label: string };
  /** At most as many as there are colours, three. */
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

const colours = [palette.training, palette.validation, palette.best];
const size = { width: 860, height: 460 };
const grid = { left: 76, right: 28, top: 62, bottom: 58 };

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** Draws a figure as an SVG document. */
export function figureSvg({ title, x, y, mark, lines }: Figure): string {
  if (lines.length > colours.length)
    throw new RangeError(`figureSvg: expected ${colours.length} lines at most, found ${lines.length}.`);
  const option = {
    title: {
      text: title,
      left: 16,
      top: 12,
      textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
    },
    // Lines end anywhere, so that names at their ends would lie on other lines.
    legend: {
      right: 24,
      top: 14,
      itemGap: 20,
      itemWidth: 28,
      textStyle: { fontSize: 13, color: palette.text.light },
      data: lines.map(({ name }) => name),
    },
    grid,
    xAxis: { ...namedAxis(x, 32), min: 0, splitLine: { show: false } },
    yAxis: {
      ...namedAxis(y, 52),
      scale: true,
      axisLabel: { ...tickLabels, formatter: (share: number) => `${Math.round(100 * share)}%` },
      splitLine: { lineStyle: { color: palette.grid.light } },
    },
    series: [
      ...lines.map(({ name, points }, i) => lineSeries(name, points, colours[i]!.light)),
      ...(mark === undefined ? [] : [levelLine(mark)]),
    ],
  };
  const ends = lines.map(({ name, points }) => `${name} ends at ${percent(points.at(-1)?.[1] ?? 0)}`);
  return renderSvg(option, size, `${title}: ${ends.join(', ')}.`);
}

function lineSeries(name: string, points: Figure['lines'][number]['points'], colour: string) {
  return {
    name,
    type: 'line',
    silent: true,
    data: points,
    symbol: 'circle',
    symbolSize: 5,
    showAllSymbol: true,
    itemStyle: { color: colour, borderWidth: 0 },
    lineStyle: { color: colour, width: 2 },
    z: 3,
  };
}

function levelLine({ y, label }: NonNullable<Figure['mark']>) {
  const colour = palette.mutedText.light;
  return {
    type: 'line',
    silent: true,
    data: [],
    markLine: {
      silent: true,
      symbol: 'none',
      label: { formatter: label, position: 'insideEndTop', color: colour, fontSize: 12, textBorderWidth: 0 },
      lineStyle: { color: colour, width: 1.5, type: [6, 4] },
      data: [{ yAxis: y }],
    },
    z: 2,
  };
}
