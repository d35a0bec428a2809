// What each change of the images costs: a bar for each, with the 95% interval as a line over it.

import type { Robustness } from '../scores/robustness.js';
import { namedAxis, tickLabels } from './axis.js';
import { type PlotOption, type PlotSize, renderSvg } from './render.js';
import { palette } from './theme.js';

const rowHeight = 24;
const width = 760;
const [left, top, bottom] = [270, 76, 62];

/** An SVG document: points of accuracy lost, a row for each change, in their order. */
export function robustnessPlot({ n, accuracy, changes }: Robustness): string {
  const size: PlotSize = { width, height: top + rowHeight * changes.length + bottom };
  const subtitle = `${n} images, accuracy ${(100 * accuracy).toFixed(1)}% as they are; lines are 95% intervals`;
  const option: PlotOption = {
    title: {
      text: 'Robustness',
      subtext: subtitle,
      left: 16,
      top: 12,
      itemGap: 6,
      textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
      subtextStyle: { fontSize: 13, color: palette.mutedText.light },
    },
    grid: { left, top, width: width - left - 32, height: rowHeight * changes.length },
    xAxis: {
      ...namedAxis('points of accuracy lost', 32),
      splitLine: { lineStyle: { color: palette.grid.light } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: changes.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { ...tickLabels, interval: 0 },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barWidth: rowHeight - 8,
        itemStyle: { color: palette.validation.light },
        data: changes.map(({ lost }) => 100 * lost),
      },
      ...changes.map(({ name, lostInterval }) => ({
        type: 'line',
        silent: true,
        symbol: 'rect',
        symbolSize: [2, 9],
        lineStyle: { color: palette.training.light, width: 2 },
        itemStyle: { color: palette.training.light },
        data: lostInterval.map((end) => [100 * end, name]),
      })),
    ],
  };
  return renderSvg(option, size, `Robustness: ${subtitle}. Bars: points of accuracy that a change costs.`);
}
