// Writes the report of a training run or of an evaluation: plots, contact sheets, report.md and report.json.
// All pictures are drawn first and written then, each file atomically, report.md last.

import { code, codeBlock, details, image, plain } from '../format/markdown.js';
import { bytes, count, duration, flops, percent, throughput } from '../format/numbers.js';
import { confusionPlots } from '../plots/confusion.js';
import { historyPlots } from '../plots/history.js';
import { reliabilityPlot } from '../plots/reliability.js';
import { robustnessPlot } from '../plots/robustness.js';
import { historyRecord } from '../scores/history.js';
import type { Calibration } from '../scores/types.js';
import { addPlot, type Files, writeAll } from './report-files.js';
import { robustnessSection } from './robustness.js';
import * as sections from './sections.js';
import { contactSheet } from './sheet.js';
import type { EvaluationReportData, GreyPicture, MistakePicture, ReportData } from './types.js';

/**
 * Writes report.md, report.json and their pictures into an existing run folder, over those of an earlier report.
 *
 * @returns names of the files written.
 * @throws FerlabError of kind `io`.
 */
export async function writeReport(runFolder: string, data: ReportData): Promise<string[]> {
  const files: Files = new Map();
  if (data.history.length > 0) {
    const plots = historyPlots(data.history, data);
    await addPlot(files, 'accuracy', plots.accuracy);
    await addPlot(files, 'loss', plots.loss);
  }
  await addEvaluation(files, data);
  if (data.augmentedSamples.length > 0) {
    const title = 'Training images as the network gets them';
    const scale = scaleTo(96, data.augmentedSamples);
    files.set('augmented.png', await contactSheet(data.augmentedSamples, { columns: 8, scale, title }));
  }
  const { augmentedSamples, mistakes, ...rest } = data;
  const json = { ...rest, history: data.history.map(historyRecord) };
  return writeAll(runFolder, files, json, (names) => trainingMarkdown(data, names));
}

/** Writes report.md, report.json and their pictures for `ferlab evaluate --out`; creates the folder. As `writeReport`. */
export async function writeEvaluationReport(folder: string, data: EvaluationReportData): Promise<string[]> {
  const files: Files = new Map();
  await addEvaluation(files, data);
  const { mistakes, ...json } = data;
  return writeAll(folder, files, json, (names) => evaluationMarkdown(data, names));
}

async function addEvaluation(
  files: Files,
  { evaluation, robustness, mistakes }: Pick<ReportData, 'evaluation' | 'robustness' | 'mistakes'>,
): Promise<void> {
  const confusion = confusionPlots(evaluation.confusion, evaluation.classes);
  await addPlot(files, 'confusion', confusion.counts);
  await addPlot(files, 'confusion-normalised', confusion.normalised);
  await addPlot(files, 'calibration', reliabilityPlot(evaluation.reliability, evaluation.ece));
  if (robustness) await addPlot(files, 'robustness', robustnessPlot(robustness));
  if (mistakes.length > 0) files.set('mistakes.png', await mistakesSheet(mistakes));
}

/** The most confident mistakes as PNG: "actual → predicted 0.97" below each image, and its file. */
function mistakesSheet(mistakes: readonly MistakePicture[]): Promise<Buffer> {
  const items = mistakes.map(({ pixels, width, height, ...mistake }) => ({
    pixels,
    width,
    height,
    caption: `${mistake.expected} → ${mistake.predicted} ${mistake.confidence.toFixed(2)}`,
    captionTone: 'bad' as const,
    detail: mistake.file,
  }));
  const title = 'Most confident mistakes: actual → predicted, confidence';
  return contactSheet(items, { columns: 5, scale: scaleTo(144, items), title });
}

/** The whole factor that brings the widest image nearest to `width` screen pixels. */
function scaleTo(width: number, items: readonly GreyPicture[]): number {
  return Math.max(1, Math.round(width / Math.max(...items.map((item) => item.width))));
}

/** Which of the epochs the model is of. */
function chosenEpoch({ history, bestEpoch, monitor, final }: ReportData): string {
  if (bestEpoch === undefined) return '';
  const epochs = count(history.length);
  return final === undefined || final.epoch === bestEpoch
    ? ` Best of ${epochs} epochs: epoch ${bestEpoch}, by ${code(monitor)}.`
    : ` The model is that of epoch ${final.epoch} of ${epochs}, by choice not the best by ${code(monitor)}, epoch ${bestEpoch}.`;
}

function trainingMarkdown(data: ReportData, names: readonly string[]): string {
  const { evaluation, timing, model } = data;
  const epochs = data.history.length;
  const figures = sections.figures([
    ['Accuracy', percent(evaluation.accuracy)],
    ['Mean F1 of the classes', percent(evaluation.macro.f1)],
    ['Loss (cross-entropy)', evaluation.loss.toFixed(4)],
    ['Expected calibration error', percent(evaluation.ece)],
    [`Parameters of \`${model.name}\``, count(model.parameters)],
    ['Operations for one image', flops(model.flops)],
    ['Time in total', duration(timing.seconds)],
    ['Training speed', throughput(timing.imagesPerSecond)],
    ['Waiting for data', percent(timing.dataWait)],
    ['Peak memory', bytes(timing.peakMemoryBytes)],
  ]);
  const curves =
    epochs === 0
      ? []
      : ['## Training', image('Accuracy over epochs', 'accuracy.svg'), image('Loss over epochs', 'loss.svg')];
  const augmented =
    data.augmentedSamples.length === 0
      ? []
      : ['## Training images', image('Training images as the network gets them', 'augmented.png')];
  return paragraphs([
    `# ${plain(data.title)}`,
    sections.headline(evaluation, 'validation') + chosenEpoch(data),
    sections.notesSection(data.notes ?? []),
    sections.warningsSection(data.warnings),
    figures,
    ...curves,
    ...evaluationSections(data, data.calibration),
    ...(data.uncertain ? ['## Images that are no faces', sections.uncertainSection(data.uncertain)] : []),
    ...augmented,
    '## Data',
    sections.datasetSection(data.dataset),
    '## Configuration',
    details('All settings', codeBlock(JSON.stringify(data.configuration, null, 2) ?? 'null', 'json')),
    '## How to reproduce',
    sections.reproduceSection(data.command, data.version, data.machine),
    '## Files',
    sections.filesSection(names),
  ]);
}

/** What was scored: a model or several, and on which views of an image. */
function describeModels({ model, ensemble = [], tta = 'none' }: EvaluationReportData): string {
  const which =
    ensemble.length === 0
      ? `Model ${code(model)}`
      : `Mean of the probabilities of ${[model, ...ensemble].map(code).join(', ')}`;
  return tta === 'none' ? `${which}.` : `${which}, with test-time augmentation ${code(tta)}.`;
}

function evaluationMarkdown(data: EvaluationReportData, names: readonly string[]): string {
  const { evaluation, timing } = data;
  const figures = sections.figures([
    ['Accuracy', percent(evaluation.accuracy)],
    ['Mean F1 of the classes', percent(evaluation.macro.f1)],
    ['Loss (cross-entropy)', evaluation.loss.toFixed(4)],
    ['Expected calibration error', percent(evaluation.ece)],
    ['Time in total', duration(timing.seconds)],
    ['Speed', throughput(timing.imagesPerSecond)],
    ['Peak memory', bytes(timing.peakMemoryBytes)],
  ]);
  return paragraphs([
    `# ${plain(data.title)}`,
    sections.headline(evaluation, data.split),
    describeModels(data),
    sections.notesSection(data.notes ?? []),
    sections.warningsSection(data.warnings),
    figures,
    ...evaluationSections(data),
    '## Data',
    sections.datasetSection(data.dataset),
    '## How to reproduce',
    sections.reproduceSection(data.command, data.version, data.machine),
    '## Files',
    sections.filesSection(names),
  ]);
}

function evaluationSections(
  { evaluation, robustness, mistakes }: Pick<ReportData, 'evaluation' | 'robustness' | 'mistakes'>,
  calibration: Calibration | null = null,
): string[] {
  return [
    '## Classes',
    sections.perClassSection(evaluation),
    '## Confusion',
    sections.confusionSection(),
    '## Most confident mistakes',
    sections.mistakesSection(evaluation, mistakes.length > 0),
    '## Calibration',
    sections.calibrationSection(evaluation, calibration),
    ...(robustness ? ['## Robustness', robustnessSection(robustness)] : []),
  ];
}

/** Paragraphs with an empty line between; empty ones left out. */
function paragraphs(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
