// Calibration (reliability) diagram: is a model right as often as it is sure? Guo et al. 2017, figure 1.

import type { ReliabilityBin } from '../scores/types.js';
import { namedAxis, tickLabels } from './axis.js';
import { type PlotOption, type PlotSize, renderSvg } from './render.js';
import { palette } from './theme.js';

const size: PlotSize = { width: 560, height: 620 };
const plotWidth = 440;
const left = 84;

/** An SVG document: accuracy by confidence above, how many images have that confidence below. `ece` from 0 to 1. */
export function reliabilityPlot(bins: readonly ReliabilityBin[], ece: number): string {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const filled = bins.filter((bin) => bin.count > 0);
  const centre = (bin: ReliabilityBin) => (bin.lower + bin.upper) / 2;
  const bars = {
    type: 'bar',
    silent: true,
    barWidth: plotWidth / bins.length - 3,
    itemStyle: { color: palette.validation.light },
  };
  const percent = (value: number) => `${Math.round(value * 100)}%`;
  const subtitle = `expected calibration error ${(ece * 100).toFixed(1)}%, ${total} images`;
  const option: PlotOption = {
    title: {
      text: 'Calibration',
      subtext: subtitle,
      left: 16,
      top: 12,
      itemGap: 6,
      textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
      subtextStyle: { fontSize: 13, color: palette.mutedText.light },
    },
    legend: {
      right: 24,
      top: 14,
      itemWidth: 24,
      textStyle: { fontSize: 13, color: palette.text.light },
      data: ['accuracy', { name: 'perfect calibration', icon: 'rect' }],
      itemHeight: 6,
    },
    grid: [
      { left, top: 78, width: plotWidth, height: 320 },
      { left, top: 440, width: plotWidth, height: 110 },
    ],
    xAxis: [
      axis('', percent, { gridIndex: 0, axisLabel: { show: false } }),
      axis('confidence', percent, { gridIndex: 1, nameGap: 34 }),
    ],
    yAxis: [
      axis('accuracy', percent, { gridIndex: 0, nameGap: 54 }),
      axis('share of images', percent, { gridIndex: 1, nameGap: 54, max: undefined, splitNumber: 3 }),
    ],
    series: [
      { ...bars, name: 'accuracy', data: filled.map((bin) => [centre(bin), bin.accuracy]) },
      {
        type: 'line',
        name: 'perfect calibration',
        silent: true,
        symbol: 'none',
        data: [
          [0, 0],
          [1, 1],
        ],
        lineStyle: { color: palette.training.light, width: 2, type: [6, 4] },
        itemStyle: { color: palette.training.light },
        z: 4,
      },
      {
        ...bars,
        xAxisIndex: 1,
        yAxisIndex: 1,
        itemStyle: { color: palette.axis.light },
        data: filled.map((bin) => [centre(bin), bin.count / total]),
      },
    ],
  };
  return renderSvg(option, size, `Calibration: ${subtitle}. Bars: accuracy of the images with a confidence.`);
}

function axis(
  name: string,
  format: (value: number) => string,
  more: Record<string, unknown> & { axisLabel?: object },
) {
  return {
    ...namedAxis(name, 0),
    min: 0,
    max: 1,
    splitLine: { lineStyle: { color: palette.grid.light } },
    ...more,
    axisLabel: { ...tickLabels, formatter: format, ...more.axisLabel },
  };
}
