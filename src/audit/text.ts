// An audit's result in words and tables: for the terminal, and as Markdown with pictures.

import type { ImageReference } from '../copies/images.js';
import { csv } from '../format/csv.js';
import { code, image, plain } from '../format/markdown.js';
import { count, percent } from '../format/numbers.js';
import { type Column, markdownTable, textTable } from '../format/table.js';
import type { AuditResult, CrossValidationSummary, SuspectLabels } from './types.js';
import { leastForUnlike } from './unlike.js';

/** A contact sheet that stands beside the document. */
export interface SheetLink {
  file: string;
  title: string;
}

interface Table {
  columns: Column[];
  rows: string[][];
}

const shownInTerminal = 5;
const shownInDocument = 20;
/** The meaning of "unlike the others", and its limits. */
const unlikeMeaning =
  "Images far above the others in the share of the picture that the dataset's principal components leave out and in the " +
  'share that has one grey: mostly placeholders, text and drawings, but also faces with hats or hands and in hard light. ' +
  'It does not detect faces; look before deleting.';
const unlikeUnknown = `Not looked for: that takes ${leastForUnlike} different images or more.`;
const unlikeNone = 'None stands out.';
const suspectMeaning =
  'Confident disagreement between label and model (confident learning). The model errs too; if it was trained on these ' +
  'images it has learnt their labels, and in its own training split finds the fewest.';
const crossValidationMeaning =
  'Suspects are confident disagreements between label and prediction (confident learning); each image was predicted by a ' +
  'model that was trained without it and without its copies. For each pair of classes: how many labels are estimated to ' +
  'be wrong, and how many images are confidently the other class. What the models confuse counts as wrong: look before ' +
  'relabelling.';

function splitTable({ splits, classes }: AuditResult): Table {
  return {
    columns: ['split', 'images', ...classes, 'unusable'].map((header, i) =>
      i === 0 ? { header } : { header, align: 'right' },
    ),
    rows: splits.map(({ name, images, perClass, unusable }) => [
      name,
      count(images),
      ...classes.map((label) => count(perClass[label]!)),
      count(unusable),
    ]),
  };
}

function findingTable(result: AuditResult): Table {
  const { exactDuplicates: exact, nearDuplicates: near, leaks, unlikeCount: unlike } = result;
  const total = result.splits.reduce((sum, { images, unusable }) => sum + images - unusable, 0);
  const share = (part: number, of: number) => (of > 0 ? percent(part / of) : '');
  const rows = [
    ['images with an exact copy', count(exact.images), share(exact.images, total)],
    ['sets of exact copies', count(exact.groups), ''],
    ['  with different labels', count(exact.conflictingGroups), ''],
    ['  across splits', count(exact.acrossSplitsGroups), ''],
    ['images with a near copy', count(near.images), share(near.images, total)],
    ['pairs of near copies', count(near.pairs), ''],
    ['  with different labels', count(near.conflictingPairs), ''],
    ['  across splits', count(near.acrossSplitsPairs), ''],
    ...leaks.flatMap(({ split, trainingSplit, images, exact: exactly, near: nearly }) => [
      [`${split} images with an exact copy in ${trainingSplit}`, count(exactly), share(exactly, images)],
      [`${split} images with only a near copy there`, count(nearly), share(nearly, images)],
    ]),
    ['blank images', count(result.blankCount), share(result.blankCount, total)],
    ...(unlike === null ? [] : [['images unlike the others', count(unlike), share(unlike, total)]]),
    ...suspectRows(result.suspectLabels, total),
  ];
  return {
    columns: [{ header: 'found' }, { header: 'number', align: 'right' }, { header: 'share', align: 'right' }],
    rows,
  };
}

function suspectRows(suspects: SuspectLabels | null, total: number): string[][] {
  if (!suspects) return [];
  const judged = suspects.crossValidation;
  const rows = suspects.splits.map(({ name, images, confident }) => [
    `${name} labels that ${judged ? 'cross-validation' : 'the model'} contradicts`,
    count(confident),
    images > 0 ? percent(confident / images) : '',
  ]);
  if (!judged) return rows;
  const errors = Math.round(judged.estimatedErrors);
  return [
    ...rows,
    ['estimated wrong labels', count(errors), percent(judged.estimatedErrors / total)],
    [
      'right without having seen the image',
      count(Math.round(judged.accuracy * total)),
      percent(judged.accuracy),
    ],
  ];
}

function pairTable({ pairs }: CrossValidationSummary, most: number): Table {
  return {
    columns: [
      { header: 'labelled' },
      { header: 'looks like' },
      { header: 'estimated', align: 'right' },
      { header: 'confident', align: 'right' },
    ],
    rows: pairs
      .slice(0, most)
      .map(({ label, predicted, estimated, confident }) => [
        label,
        predicted,
        estimated.toFixed(1),
        count(confident),
      ]),
  };
}

const shown = ({ file }: ImageReference) => file;

function unlikeTable({ unlikeTheOthers: unlike }: AuditResult, most: number): Table {
  return {
    columns: [{ header: 'unlike the others' }, { header: 'score', align: 'right' }],
    rows: unlike.slice(0, most).map((entry) => [shown(entry), entry.score.toFixed(2)]),
  };
}

function unlikeParts(result: AuditResult, table: (table: Table) => string): string[] {
  const { unlikeCount: found } = result;
  if (found === null) return [unlikeUnknown];
  return found === 0 ? [unlikeNone] : [unlikeMeaning, table(unlikeTable(result, shownInDocument))];
}

function suspectTable({ suspectLabels: suspects }: AuditResult, most: number): Table {
  return {
    columns: [
      { header: 'suspect label' },
      { header: 'label' },
      { header: 'probability', align: 'right' },
      { header: 'model says' },
      { header: 'probability', align: 'right' },
    ],
    rows: (suspects?.images ?? [])
      .slice(0, most)
      .map((entry) => [
        shown(entry),
        entry.label,
        percent(entry.labelProbability),
        entry.predicted,
        percent(entry.predictedProbability),
      ]),
  };
}

function conflictTable({ exactDuplicates: exact }: AuditResult, most: number): Table {
  return {
    columns: [{ header: 'exact copies with different labels' }],
    rows: exact.list
      .filter(({ conflicting, blank }) => conflicting && !blank)
      .slice(0, most)
      .map(({ images }) => [images.map(({ file }) => code(file)).join(', ')]),
  };
}

/** For the terminal: tables, what the layout means, warnings. */
export function auditText(result: AuditResult): string {
  const parts: string[] = [];
  const add = ({ columns, rows }: Table) => {
    if (rows.length > 0) parts.push(textTable(columns, rows));
  };
  const { layout, warnings } = result;
  if (layout) parts.push(`${layout.name}\n${layout.comparable}\n${layout.notComparable}`);
  if (result.corrections !== null) parts.push(result.corrections);
  add(splitTable(result));
  add(findingTable(result));
  add(unlikeTable(result, shownInTerminal));
  const judged = result.suspectLabels?.crossValidation;
  if (judged) add(pairTable(judged, shownInTerminal));
  add(suspectTable(result, shownInTerminal));
  if (warnings.length > 0) parts.push(warnings.map((line) => `Warning: ${line}`).join('\n'));
  return parts.join('\n\n');
}

/** How the labels were judged. */
function suspectParts({ model, crossValidation: judged }: SuspectLabels, table: (table: Table) => string) {
  if (!judged) return [`By ${model === null ? 'a model' : code(model)}. ${suspectMeaning}`];
  const { folds, preset, epochs, seed, accuracy, foldAccuracy, estimatedErrors, pairs } = judged;
  return [
    `By cross-validation: ${folds} models of preset ${preset}, ${epochs} epochs each, seed ${seed}. They give ` +
      `${percent(accuracy)} of the images their label without having seen them (by fold ` +
      `${foldAccuracy.map((share) => percent(share)).join(', ')}). Estimated wrong labels: ${count(Math.round(estimatedErrors))}.`,
    crossValidationMeaning,
    ...(pairs.length > 0 ? [table(pairTable(judged, shownInDocument))] : []),
  ];
}

/** The suspects as comma-separated values (RFC 4180, with line feeds), a header first, the likeliest errors first. */
export function suspectsToCsv({ images }: SuspectLabels): string {
  const columns = [
    'file',
    'split',
    'label',
    'predicted',
    'labelProbability',
    'predictedProbability',
    'normalisedMargin',
  ] as const;
  return csv([columns, ...images.map((entry) => columns.map((column) => entry[column]))]);
}

/** As Markdown. */
export function auditMarkdown(result: AuditResult, sheets: readonly SheetLink[]): string {
  const { layout, warnings, nearDuplicates: near } = result;
  const table = ({ columns, rows }: Table) => markdownTable(columns, rows);
  const section = (title: string, ...parts: string[]) => `## ${title}\n\n${parts.join('\n\n')}`;
  const parts = [
    `# Audit of ${plain(result.dataset)}`,
    `Made by ferlab ${result.version} in ${result.seconds} s. Pictures were compared at ${result.imageSize}x${result.imageSize} ` +
      'pixels; exact copies at their own size.',
  ];
  if (warnings.length > 0) {
    parts.push(section('Warnings', warnings.map((line) => `- ${plain(line)}`).join('\n')));
  }
  if (layout) {
    parts.push(
      section(
        'A known layout',
        `**${plain(layout.name)}.** ${plain(layout.description)}`,
        plain(layout.comparable),
        plain(layout.notComparable),
      ),
    );
  }
  const corrections = result.corrections === null ? [] : [plain(result.corrections)];
  parts.push(section('Images', ...corrections, table(splitTable(result))));
  parts.push(
    section(
      'Found',
      table(findingTable(result)),
      'Exact copies have the same size and pixels, however their files are encoded. Near copies show one photograph in ' +
        'another crop, brightness, contrast or compression, with a caption, or mirrored: after the best crop the normalised ' +
        `cross-correlation of their detail is ${near.threshold} or more. The search for them is approximate and can miss ` +
        'some; pictures taken a moment apart, and drawings, can be taken for copies.',
    ),
  );
  const conflicts = conflictTable(result, shownInDocument);
  if (conflicts.rows.length > 0) parts.push(section('Conflicting labels', table(conflicts)));
  parts.push(section('Unlike the others', ...unlikeParts(result, table)));
  if (result.suspectLabels) {
    parts.push(
      section(
        'Suspect labels',
        ...suspectParts(result.suspectLabels, table),
        table(suspectTable(result, shownInDocument)),
      ),
    );
  }
  if (sheets.length > 0) {
    parts.push(section('Pictures', ...sheets.map(({ file, title }) => image(title, file))));
  }
  return `${parts.join('\n\n')}\n\nAll of it, with every file's name: [audit.json](audit.json).\n`;
}
