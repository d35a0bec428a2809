// The report of a detector's training: average precision, what the stages keep, sheets of faces found and missed.

import { code, codeBlock, details, image, plain } from '../format/markdown.js';
import { count, duration, percent } from '../format/numbers.js';
import { type Column, markdownTable } from '../format/table.js';
import type { MachineSummary } from '../machine/describe-machine.js';
import { lossPlot, precisionRecallPlot, recallPlot, stageLossPlot, validationPlot } from '../plots/curves.js';
import type { DetectionScores } from '../scores/detections.js';
import { type HistoryRow, historyRecord } from '../scores/history.js';
import { addPlot, type Files, writeAll } from './report-files.js';
import { figures } from './sections.js';
import { contactSheet } from './sheet.js';
import type { SheetItem } from './types.js';

/** A stage of a cascade, as its report shows it. */
export interface StageSummary {
  title: string;
  /** A name for files and options: `pnet`. */
  name: string;
  history: readonly HistoryRow[];
  bestEpoch: number;
  /** The threshold in use. */
  threshold: number;
  /** What remains after this stage at each threshold; proposals are per picture. */
  recall: readonly { threshold: number; recall: number; proposals: number }[];
}

/** The epochs of a detector that is one network. */
interface SingleTraining {
  history: readonly HistoryRow[];
  bestEpoch: number;
}

export interface DetectionReportData {
  title: string;
  version: string;
  command: string;
  configuration: unknown;
  machine: MachineSummary;
  /** Of a cascade its stages, of one network its epochs. */
  training: readonly StageSummary[] | SingleTraining;
  /** Bytes of the detector's files together. */
  fileBytes: number;
  /** Of all pictures for validation. */
  scores: DetectionScores;
  /** Mean distance of points over the distance between the eyes; null where no points are labelled. */
  pointError: number | null;
  /** The same by label file. */
  sources: readonly {
    source: string;
    pictures: number;
    scores: Omit<DetectionScores, 'curve'>;
    pointError: number | null;
  }[];
  /** The score from which faces are shown. */
  threshold: number;
  /** Pictures with what was found in them, and faces that weren't found. */
  found: readonly SheetItem[];
  missed: readonly SheetItem[];
}

/** Measures of the history that plots show, with their names there. */
const shown = {
  validation: {
    valAveragePrecision: 'average precision',
    valRecall: 'recall',
    valPointError: 'distance of points',
  },
  losses: { faceLoss: 'face or not', boxLoss: 'box', pointLoss: 'points', fitLoss: 'fit of the box' },
} as const;

/** Writes report.md, report.json and their pictures into an existing run folder. Throws FerlabError `io`. */
export async function writeDetectionReport(folder: string, data: DetectionReportData): Promise<string[]> {
  const { found, missed, training, scores, ...rest } = data;
  const files: Files = new Map();
  await addPlot(files, 'precision-recall', precisionRecallPlot(scores.curve, scores.averagePrecision));
  if ('history' in training) {
    await addPlot(files, 'validation', validationPlot(training.history, shown.validation));
    await addPlot(files, 'loss', lossPlot(training.history, shown.losses));
  } else {
    await addPlot(files, 'recall', recallPlot(training));
    await addPlot(files, 'loss', stageLossPlot(training, ['classLoss', 'valLoss']));
  }
  const sheet = (items: readonly SheetItem[], columns: number, title: string) =>
    contactSheet(items, { columns, scale: 1, title });
  if (found.length > 0)
    files.set('found.png', await sheet(found, 4, 'Found: blue are labelled faces, orange are not'));
  if (missed.length > 0)
    files.set('missed.png', await sheet(missed, 8, 'Faces that were missed, the largest first'));
  const { curve, ...summary } = scores;
  const json = {
    ...rest,
    scores: summary,
    ...('history' in training
      ? { bestEpoch: training.bestEpoch, history: training.history.map(historyRecord) }
      : { stages: training.map((stage) => ({ ...stage, history: stage.history.map(historyRecord) })) }),
  };
  return writeAll(folder, files, json, () => markdown(data));
}

const right = (header: string): Column => ({ header, align: 'right' });
const share = (value: number | null): string => (value === null ? '-' : percent(value));

function markdown(data: DetectionReportData): string {
  const { scores, pointError, training, threshold } = data;
  const at = scores.curve.findLast(({ score }) => score >= threshold);
  const epochs = 'history' in training ? training.history : training.flatMap(({ history }) => history);
  const seconds = epochs.reduce((sum, row) => sum + row.seconds, 0);
  return `${[
    `# ${plain(data.title)}`,
    `**${percent(scores.averagePrecision)} average precision** at an overlap of 0.5, on ${count(scores.faces)} labelled faces of 20 pixels and more that training left out.`,
    figures([
      ['Average precision', percent(scores.averagePrecision)],
      ['Faces found at any score', percent(scores.recall)],
      [`Precision from score ${threshold}`, share(at?.precision ?? null)],
      [`Recall from score ${threshold}`, share(at?.recall ?? null)],
      [
        'Distance of points, in distances between the eyes',
        pointError === null ? '-' : pointError.toFixed(4),
      ],
      ['Training, epochs alone', duration(seconds)],
      ['Files', `${count(data.fileBytes)} bytes`],
    ]),
    '## By label file',
    markdownTable(
      [
        { header: 'Labels' },
        right('Pictures'),
        right('Faces'),
        right('Average precision'),
        right('Recall'),
        right('Points'),
      ],
      data.sources.map(({ source, pictures, scores: of, pointError: points }) => [
        plain(source),
        count(pictures),
        count(of.faces),
        of.faces === 0 ? '-' : percent(of.averagePrecision),
        of.faces === 0 ? '-' : percent(of.recall),
        points === null ? '-' : points.toFixed(4),
      ]),
    ),
    image('Precision over recall', 'precision-recall.svg'),
    ...('history' in training ? epochSection(training) : stageSection(training)),
    ...(data.found.length > 0 ? ['## Found', image('Pictures with what was found', 'found.png')] : []),
    ...(data.missed.length > 0 ? ['## Missed', image('Faces that were not found', 'missed.png')] : []),
    '## How it was made',
    codeBlock(data.command, 'sh'),
    `ferlab ${code(data.version)}, ${plain(data.machine.engine)}; ${plain(data.machine.platform)}, ${plain(data.machine.cpu)}, ${data.machine.cores} cores`,
    details('Configuration', codeBlock(JSON.stringify(data.configuration, null, 2), 'json')),
  ].join('\n\n')}\n`;
}

function stageSection(stages: readonly StageSummary[]): string[] {
  return [
    '## Stages',
    markdownTable(
      [
        { header: 'Stage' },
        right('Epochs'),
        right('Best'),
        right('Accuracy'),
        right('Threshold'),
        right('Recall'),
        right('Proposals a picture'),
      ],
      stages.map((stage) => {
        const best = stage.history.find(({ epoch }) => epoch === stage.bestEpoch);
        const kept = stage.recall.findLast((point) => point.threshold <= stage.threshold + 1e-9);
        return [
          stage.title,
          count(stage.history.length),
          count(stage.bestEpoch),
          share(best?.measures.valAccuracy ?? null),
          String(stage.threshold),
          share(kept?.recall ?? null),
          kept === undefined ? '-' : kept.proposals.toFixed(1),
        ];
      }),
    ),
    image('Recall over proposals', 'recall.svg'),
    image('Loss over epochs', 'loss.svg'),
  ];
}

function epochSection({ history, bestEpoch }: SingleTraining): string[] {
  return [
    '## Epochs',
    `The weights of epoch ${count(bestEpoch)} of ${count(history.length)} are kept.`,
    image('Average precision and recall over epochs', 'validation.svg'),
    image('Parts of the loss over epochs', 'loss.svg'),
  ];
}
