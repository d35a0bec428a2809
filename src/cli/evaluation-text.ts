// An evaluation in words and tables, for the terminal.

import { describeLeftOut } from '../copies/leaks.js';
import type { Evaluation } from '../evaluate/evaluate.js';
import { percent, throughput } from '../format/numbers.js';
import { textColumns, textTable } from '../format/table.js';
import { robustnessRows } from '../report/robustness.js';

/** Mistakes named in the terminal; the picture shows more. */
const mistakesShown = 5;

const right = (header: string) => ({ header, align: 'right' }) as const;

function scoreTable(result: Evaluation): string {
  const cells = (scores: { precision: number; recall: number; f1: number }) =>
    [scores.precision, scores.recall, scores.f1].map((score) => percent(score));
  const rows = result.classes.map((name) => {
    const scores = result.perClass[name];
    return scores ? [name, ...cells(scores), String(scores.support)] : [name];
  });
  return textTable(
    [{ header: 'class' }, ...['precision', 'recall', 'F1', 'images'].map(right)],
    [
      ...rows,
      ['macro mean', ...cells(result.macro), String(result.n)],
      ['weighted mean', ...cells(result.weighted), String(result.n)],
    ],
  );
}

function confusionTable({ classes, confusion }: Evaluation): string {
  return textTable(
    [{ header: 'actual \\ predicted' }, ...classes.map(right)],
    classes.map((name, i) => [name, ...(confusion[i] ?? []).map(String)]),
  );
}

/** What changes of the images do. */
function robustnessTable({ robustness }: Evaluation): string[] {
  if (robustness === null) return [];
  const { columns, rows } = robustnessRows(robustness);
  return [
    '',
    `Images changed (accuracy as they are ${percent(robustness.accuracy)}):`,
    textTable(columns, rows),
  ];
}

/** How the models were used, where that isn't the plain way. */
function describeModels({ with: others, tta }: Evaluation): string[] {
  const parts = [
    ...(others.length > 0 ? [`mean of ${others.length + 1} models`] : []),
    ...(tta === 'none' ? [] : [`test-time augmentation ${tta}`]),
  ];
  return parts.length > 0 ? [`With ${parts.join(', ')}`] : [];
}

/** Scores, tables and the most confident mistakes. */
export function evaluationText(result: Evaluation): string {
  const [low, high] = result.accuracyInterval;
  const mistakes = result.mistakes
    .slice(0, mistakesShown)
    .map(({ file, expected, predicted, confidence }) => [
      `  ${file}`,
      `${expected} taken for ${predicted}`,
      percent(confidence),
    ]);
  return [
    `Accuracy ${percent(result.accuracy, 2)} of ${result.n} images (95% interval ${percent(low, 2)} to ${percent(high, 2)})`,
    `Loss ${result.loss.toFixed(4)}  calibration error ${percent(result.ece, 2)}  ${throughput(result.imagesPerSecond)}`,
    ...describeModels(result),
    ...(result.withoutCopies ? [describeLeftOut(result.withoutCopies)] : []),
    ...result.notes.map((note) => `Note: ${note}`),
    '',
    scoreTable(result),
    '',
    confusionTable(result),
    ...robustnessTable(result),
    ...(mistakes.length > 0
      ? ['', 'Most confident mistakes:', textColumns(mistakes, [{}, {}, { align: 'right' }])]
      : []),
  ].join('\n');
}
