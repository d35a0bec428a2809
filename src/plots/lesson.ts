// Accuracy and loss while own classes are taught: small, since it stands beside what is taught, in a page.

import type { HistoryRow } from '../scores/history.js';
import { namedAxis } from './axis.js';
import { type PlotOption, renderSvg } from './render.js';
import { type ColourPair, palette } from './theme.js';

const size = { width: 420, height: 230 };
/** Epochs that there is room for from the beginning, so that the curves grow into the picture. */
const fewestEpochs = 40;

/** An SVG document: training and held-back samples over the epochs. */
export function lessonPlot(rows: readonly HistoryRow[], measure: 'accuracy' | 'loss'): string {
  const isShare = measure === 'accuracy';
  const title = isShare ? 'Accuracy' : 'Loss (cross-entropy)';
  const line = (name: string, of: string, { light }: ColourPair) => ({
    name,
    type: 'line',
    silent: true,
    symbol: 'none',
    data: rows.map(({ epoch, measures }) => [epoch, measures[of] ?? null]),
    itemStyle: { color: light },
    lineStyle: { color: light, width: 2 },
  });
  const labels = { color: palette.mutedText.light, fontSize: 12, hideOverlap: true };
  const option: PlotOption = {
    title: { text: title, left: 8, top: 6, textStyle: { fontSize: 14, color: palette.text.light } },
    legend: {
      right: 8,
      top: 6,
      itemWidth: 18,
      textStyle: { fontSize: 12, color: palette.text.light },
      data: ['training', 'held back'],
    },
    grid: { left: 48, right: 14, top: 40, bottom: 44 },
    xAxis: {
      ...namedAxis('epoch', 26),
      type: 'value',
      min: 1,
      max: Math.max(fewestEpochs, rows.at(-1)?.epoch ?? 0),
      axisLabel: labels,
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(isShare ? { max: 1 } : {}),
      axisLabel: {
        ...labels,
        formatter: (value: number) => (isShare ? `${Math.round(value * 100)}%` : String(value)),
      },
      splitLine: { lineStyle: { color: palette.grid.light } },
    },
    series: [
      line('training', measure, palette.training),
      line('held back', isShare ? 'valAccuracy' : 'valLoss', palette.validation),
    ],
  };
  return renderSvg(option, size, title);
}
