// Confusion matrices: how often each class was taken for each other one, as counts and as shares of the actual class.

import { type PlotOption, plottedName, renderSvg, textWidth } from './render.js';
import { cellInk, cellScale, cellStep, palette } from './theme.js';

/** SVG documents. */
export interface ConfusionPlots {
  counts: string;
  normalised: string;
}

/** From this many classes on, zeros are left out and cells shrink. */
const manyClasses = 13;

/** `confusion[actual][predicted]`, counts; any number of classes (readable up to about 50). */
export function confusionPlots(
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): ConfusionPlots {
  const largest = Math.max(1, ...confusion.flat());
  const sums = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const many = classes.length >= manyClasses;
  const counts = matrixPlot(
    classes,
    sums,
    'Confusion matrix, images',
    (i, j) => confusion[i]![j]! / largest,
    (i, j) => (confusion[i]![j] === 0 && many ? '' : String(confusion[i]![j])),
  );
  const share = (i: number, j: number) => (sums[i]! > 0 ? confusion[i]![j]! / sums[i]! : 0);
  const unit = many ? '' : '%';
  const normalised = matrixPlot(
    classes,
    sums,
    `Confusion matrix, ${many ? '% of' : 'share of'} the actual class`,
    share,
    (i, j) => (sums[i] === 0 || (share(i, j) === 0 && many) ? '' : `${Math.round(share(i, j) * 100)}${unit}`),
  );
  return { counts, normalised };
}

function matrixPlot(
  classes: readonly string[],
  sums: readonly number[],
  title: string,
  share: (actual: number, predicted: number) => number,
  text: (actual: number, predicted: number) => string,
): string {
  const n = classes.length;
  const longest = Math.max(...classes.flatMap((_, i) => classes.map((_, j) => text(i, j).length)));
  const cell = Math.max(n <= 8 ? 66 : n < manyClasses ? 54 : n <= 25 ? 36 : 26, longest * 7 + 8);
  const fontSize = n < manyClasses ? 14 : n <= 25 ? 12 : 10;
  const names = classes.map((name) => plottedName(shorten(name, 24)));
  const rowNames = names.map((name, i) => `${name} (${sums[i]})`);
  const nameSize = n <= 25 ? 13 : 11;
  const widest = (list: readonly string[]) => Math.max(...list.map((name) => textWidth(name, nameSize)));
  const upright = widest(names) > cell - 6;
  const left = widest(rowNames) + 52;
  const bottom = (upright ? widest(names) : nameSize) + 52;
  const width = Math.max(left + n * cell + 28, textWidth(title, 18) * 1.12 + 40);
  const top = 58;
  const axis = {
    type: 'category',
    nameLocation: 'middle',
    nameTextStyle: { fontSize: 14, color: palette.text.light, fontWeight: 'bold' },
    axisLine: { show: false },
    axisTick: { show: false },
    splitArea: { show: false },
  };
  const labels = { interval: 0, fontSize: nameSize, color: palette.text.light, hideOverlap: false };
  const option: PlotOption = {
    title: {
      text: title,
      left: 16,
      top: 14,
      textStyle: { fontSize: 18, fontWeight: 'bold', color: palette.text.light },
    },
    grid: { left, top, width: n * cell, height: n * cell },
    xAxis: {
      ...axis,
      name: 'predicted',
      nameGap: bottom - 24,
      data: names.map(unique),
      axisLabel: { ...labels, rotate: upright ? 90 : 0, formatter: withoutIndex },
    },
    yAxis: {
      ...axis,
      name: 'actual (images)',
      nameGap: left - 22,
      inverse: true,
      data: rowNames.map(unique),
      axisLabel: { ...labels, formatter: withoutIndex },
    },
    // ECharts insists on one for heat maps; the cells carry their own colours, which have dark partners.
    visualMap: { show: false, min: 0, max: 1 },
    series: [
      {
        type: 'heatmap',
        silent: true,
        progressive: 0,
        data: classes.flatMap((_, i) =>
          classes.map((_, j) => {
            const step = cellStep(share(i, j));
            return {
              value: [j, i, share(i, j)],
              visualMap: false,
              itemStyle: {
                color: cellScale[step]!.light,
                borderColor: palette.background.light,
                borderWidth: n <= 25 ? 2 : 1,
              },
              label: {
                show: text(i, j) !== '',
                formatter: text(i, j),
                fontSize,
                fontWeight: i === j ? 'bold' : 'normal',
                color: cellInk(step).light,
                textBorderWidth: 0,
              },
            };
          }),
        ),
      },
    ],
  };
  const right = sums.reduce((sum, count) => sum + count, 0);
  return renderSvg(
    option,
    { width: Math.ceil(width), height: Math.ceil(top + n * cell + bottom) },
    `${title}: ${n} classes, ${right} images; rows are actual, columns predicted.`,
  );
}

/** Category axes need names that differ, and shortened names may not. */
function unique(name: string, index: number): string {
  return `${index}\u0000${name}`;
}

function withoutIndex(name: string): string {
  return name.slice(name.indexOf('\u0000') + 1);
}

function shorten(name: string, most: number): string {
  const characters = Array.from(name);
  return characters.length <= most ? name : `${characters.slice(0, most - 1).join('')}…`;
}
