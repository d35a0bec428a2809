// What changes of the images cost, as rows for tables and as a section of reports.

import { image } from '../format/markdown.js';
import { count, percent } from '../format/numbers.js';
import { type Column, markdownTable } from '../format/table.js';
import type { Robustness } from '../scores/robustness.js';

const right = (header: string): Column => ({ header, align: 'right' });
const points = (share: number): string => (100 * share).toFixed(1).replace(/^-(0\.0)$/, '$1');

/** A row for each change. */
export function robustnessRows({ changes }: Robustness): { columns: Column[]; rows: string[][] } {
  return {
    columns: [
      { header: 'Images' },
      right('Accuracy'),
      right('Points lost'),
      right('95% interval'),
      right('Answers changed'),
    ],
    rows: changes.map(({ name, accuracy, lost, lostInterval: [low, high], changed }) => [
      name,
      percent(accuracy),
      points(lost),
      `${points(low)} to ${points(high)}`,
      percent(changed),
    ]),
  };
}

/** Words, table and plot. */
export function robustnessSection(robustness: Robustness): string {
  const { columns, rows } = robustnessRows(robustness);
  return [
    `Accuracy on ${count(robustness.n)} of the images is ${percent(robustness.accuracy)} as they are. Below, each of them is changed ` +
      'in a way that leaves its expression as it was. Points lost are the difference in accuracy, with its 95% interval for ' +
      'answers to the same images (Agresti and Min 2005); answers that change may have been right or wrong. Where a change ' +
      "brings in what was outside an image, the image's edge is repeated. Tone curves stand for other cameras and for other ways " +
      'from colours to grey.',
    markdownTable(columns, rows),
    image('Points of accuracy that each change costs', 'robustness.svg'),
  ].join('\n\n');
}
