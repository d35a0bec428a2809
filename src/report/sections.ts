// The parts of a report as Markdown, each from the data it shows; report.ts puts them together.

import { code, codeBlock, details, image, plain } from '../format/markdown.js';
import { bytes, count, percent } from '../format/numbers.js';
import { type Column, markdownTable } from '../format/table.js';
import type { MachineSummary } from '../machine/describe-machine.js';
import type { UncertainRule } from '../predict/metadata.js';
import type { Calibration, EvaluationResult } from '../scores/types.js';
import type { DatasetSummary } from './types.js';

/** Bad files and mistakes listed by name; the rest is counted. */
const mostListed = 20;

const right = (header: string): Column => ({ header, align: 'right' });

/** Two columns: what, and how much. */
export function figures(rows: readonly (readonly [string, string])[]): string {
  return markdownTable([{ header: 'Figure' }, right('Value')], rows);
}

/** The sentence on top. */
export function headline(evaluation: EvaluationResult, set: string): string {
  const [lower, upper] = evaluation.accuracyInterval;
  return (
    `**${percent(evaluation.accuracy)} accuracy** on ${count(evaluation.n)} ${plain(set)} images ` +
    `(95% interval ${percent(lower)} to ${percent(upper)}).`
  );
}

/** What has to be known to compare the scores. */
export function notesSection(notes: readonly string[]): string {
  return notes.map((note) => `> **Note:** ${plain(note)}`).join('\n>\n');
}

export function warningsSection(warnings: readonly string[]): string {
  return warnings.map((warning) => `> **Warning:** ${plain(warning)}`).join('\n>\n');
}

export function perClassSection(evaluation: EvaluationResult): string {
  const row = (name: string, scores: { precision: number; recall: number; f1: number }, support: string) => [
    name,
    percent(scores.precision),
    percent(scores.recall),
    percent(scores.f1),
    support,
  ];
  const classes = evaluation.classes.map((name) => {
    const scores = evaluation.perClass[name]!;
    return row(plain(name), scores, count(scores.support));
  });
  return markdownTable(
    [{ header: 'Class' }, right('Precision'), right('Recall'), right('F1'), right('Images')],
    [
      ...classes,
      row('*mean of classes*', evaluation.macro, ''),
      row('*weighted mean*', evaluation.weighted, count(evaluation.n)),
    ],
  );
}

export function confusionSection(): string {
  return [
    image('Confusion matrix as shares of the actual class', 'confusion-normalised.svg'),
    image('Confusion matrix in images', 'confusion.svg'),
  ].join('\n\n');
}

/** `drawn`: whether mistakes.png exists. */
export function mistakesSection(evaluation: EvaluationResult, drawn: boolean): string {
  const { mistakes } = evaluation;
  if (mistakes.length === 0) return 'None: every image was recognised.';
  const rows = mistakes
    .slice(0, mostListed)
    .map((mistake) => [
      code(mistake.file),
      plain(mistake.expected),
      plain(mistake.predicted),
      percent(mistake.confidence),
    ]);
  const table = markdownTable(
    [{ header: 'File' }, { header: 'Actual' }, { header: 'Predicted' }, right('Confidence')],
    rows,
  );
  const picture = image('The most confident mistakes, actual and predicted', 'mistakes.png');
  return [...(drawn ? [picture] : []), details('The same as a table', table)].join('\n\n');
}

/** What a temperature did to calibration error and loss. */
export function calibrationTable({ ece, loss }: Calibration): string {
  const row = (name: string, key: keyof typeof ece) => [name, percent(ece[key]), loss[key].toFixed(4)];
  return markdownTable(
    [{ header: 'Probabilities' }, right('Calibration error'), right('Loss')],
    [
      row('as trained', 'before'),
      row('calibrated', 'after'),
      row('calibrated, each half by a temperature fitted on the other half', 'crossFitted'),
    ],
  );
}

/** `calibration`: of the model, on the images that `evaluation` is of. */
export function calibrationSection(evaluation: EvaluationResult, calibration: Calibration | null): string {
  const temperature =
    calibration === null
      ? []
      : [
          `The model's logits are divided by a temperature of ${calibration.temperature} (Guo et al. 2017), which ` +
            'changes no answer, only how sure it is. It was fitted on ' +
            (calibration.n === evaluation.n
              ? `the same ${count(calibration.n)} images that are scored here, `
              : `the ${count(calibration.n)} of the images scored here that don't stand in training too, `) +
            'which can flatter it; the last row says how well such a temperature does on images that it was not ' +
            'fitted on. Losses of single epochs are from before.',
          calibrationTable(calibration),
        ];
  return [
    `Expected calibration error ${percent(evaluation.ece)} (15 bins): how far, on average, ` +
      'the confidence lies from the share of right answers.',
    ...temperature,
    image('Accuracy by confidence', 'calibration.svg'),
  ].join('\n\n');
}

/** What the model says of images that it can't judge. */
export function uncertainSection({ n, faces, others }: UncertainRule): string {
  return (
    `The model file gives \`uncertain\`, too: how probable it is that an image is nothing like these faces. ${percent(faces)} of the faces ` +
    `come to 50% or more, and ${percent(others)} of images without a face that were made from them (parts of faces, shuffled tiles, faces ` +
    `on their side, textures, blank images). Fitted on half of ${count(n)} faces; the shares are those of the other half.`
  );
}

export function datasetSection(dataset: DatasetSummary): string {
  const splits = Object.keys(dataset.counts);
  const of = (split: string, name: string) => dataset.counts[split]?.[name] ?? 0;
  const rows = dataset.classes.map((name) => [plain(name), ...splits.map((split) => count(of(split, name)))]);
  const totals = splits.map((split) =>
    count(dataset.classes.reduce((sum, name) => sum + of(split, name), 0)),
  );
  const table = markdownTable([{ header: 'Class' }, ...splits.map(right)], [...rows, ['*all*', ...totals]]);
  return [`From ${code(dataset.path)}.`, table, badFiles(dataset)].filter((part) => part !== '').join('\n\n');
}

function badFiles({ badFiles: bad }: DatasetSummary): string {
  if (bad.length === 0) return '';
  const listed = bad.slice(0, mostListed).map(({ file, reason }) => `- ${code(file)}: ${plain(reason)}`);
  const rest = bad.length - listed.length;
  const files = bad.length === 1 ? '1 file was' : `${count(bad.length)} files were`;
  return [
    `${files} left out:\n`,
    ...listed,
    ...(rest > 0 ? [`- and ${count(rest)} more, in ${code('report.json')}`] : []),
  ].join('\n');
}

export function reproduceSection(command: string, version: string, machine: MachineSummary): string {
  return [
    codeBlock(command, 'sh'),
    `ferlab ${plain(version)}, ${plain(machine.engine)}, Node ${plain(machine.node)}, ${plain(machine.platform)}, ` +
      `${plain(machine.cpu)}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}, ` +
      `${bytes(machine.memoryBytes)} of memory.`,
  ].join('\n\n');
}

/** What stands in a run folder, by name. */
const knownFiles: Record<string, string> = {
  'accuracy.png': 'accuracy over epochs',
  'accuracy.svg': 'accuracy over epochs',
  'augmented.png': 'training images as the network gets them',
  'best.onnx': 'the model of the best epoch; describes itself',
  'calibration.png': 'accuracy by confidence',
  'calibration.svg': 'accuracy by confidence',
  'config.json': 'the resolved configuration',
  'confusion-normalised.png': 'confusion matrix, shares of the actual class',
  'confusion-normalised.svg': 'confusion matrix, shares of the actual class',
  'confusion.png': 'confusion matrix, images',
  'confusion.svg': 'confusion matrix, images',
  'history.csv': 'one row per epoch',
  'history.json': 'one row per epoch',
  'last.onnx': 'the model of the last epoch; describes itself',
  'loss.png': 'loss over epochs',
  'loss.svg': 'loss over epochs',
  'mistakes.png': 'the most confident mistakes',
  'report.json': 'this report for programs',
  'report.md': 'this report',
  'robustness.png': 'accuracy that changes of the images cost',
  'robustness.svg': 'accuracy that changes of the images cost',
};

export function filesSection(names: readonly string[]): string {
  const rows = [...names].sort().map((name) => [code(name), knownFiles[name] ?? '']);
  return markdownTable([{ header: 'File' }, { header: 'What' }], rows);
}
