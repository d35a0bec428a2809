// Puts names to what an audit found: the object that is printed as JSON and from which text is made.

import { samePhotograph } from '../copies/compare.js';
import type { AuditImages } from '../copies/images.js';
import type { AuditDataset } from '../copies/open.js';
import type { BadFile } from '../data/dataset/types.js';
import { normalisedMargin } from '../scores/confident-learning.js';
import type { Findings } from './find.js';
import type { CrossValidated, JudgedLabels } from './judge-labels.js';
import { recogniseLayout } from './layouts.js';
import { sortSuspects } from './suspects.js';
import type {
  AuditResult,
  CrossValidationSummary,
  ExactGroup,
  NearPair,
  SplitLeak,
  SplitSummary,
  SuspectLabels,
} from './types.js';
import { describeWarnings } from './warnings.js';

/** Entries of a list in the result, at most; counts are of everything. */
const listLimit = 10_000;

export interface ResultContext {
  dataset: AuditDataset;
  images: AuditImages;
  unusable: readonly BadFile[];
  /** Path of the model file, where there is one. */
  model: string | null;
  version: string;
  seconds: number;
}

function summariseSplits({ dataset, images }: ResultContext): SplitSummary[] {
  return images.splits.map(({ name, store }, s) => {
    const counts = dataset.classes.map(() => 0);
    for (const label of store.labels) counts[label]!++;
    return {
      name,
      images: dataset.splits[s]!.samples.length + dataset.splits[s]!.damagedRows,
      unusable: store.bad.length + dataset.splits[s]!.damagedRows,
      perClass: Object.fromEntries(dataset.classes.map((label, k) => [label, counts[k]!])),
    };
  });
}

function summariseLeaks({ leaks, blank }: Findings, { images }: ResultContext): SplitLeak[] {
  const blanks = new Set(blank.map(({ image }) => image));
  return images.splits.slice(1).map(({ name, store }, s) => {
    const own = leaks.filter(({ image }) => images.splitOf[image] === s + 1);
    const exact = own.filter(({ kind }) => kind === 'exact');
    return {
      split: name,
      trainingSplit: images.splits[0]!.name,
      images: store.count,
      exact: exact.length,
      exactBlank: exact.filter(({ image }) => blanks.has(image)).length,
      exactConflicting: exact.filter(({ conflicting }) => conflicting).length,
      near: own.length - exact.length,
    };
  });
}

function describeCopies({ copies, blank, unique }: Findings, images: AuditImages) {
  const blanks = new Set(blank.map(({ image }) => image));
  const isConflicting = (group: number[]) => group.some((i) => images.labels[i] !== images.labels[group[0]!]);
  const isAcross = (group: number[]) => group.some((i) => images.splitOf[i] !== images.splitOf[group[0]!]);
  const list = copies.slice(0, listLimit).map(
    (group): ExactGroup => ({
      images: group.map((i) => images.reference(i)),
      conflicting: isConflicting(group),
      acrossSplits: isAcross(group),
      blank: blanks.has(group[0]!),
    }),
  );
  return {
    images: copies.reduce((sum, group) => sum + group.length, 0),
    uniqueImages: unique,
    groups: copies.length,
    conflictingGroups: copies.filter(isConflicting).length,
    acrossSplitsGroups: copies.filter(isAcross).length,
    list,
  };
}

function describeNear({ near }: Findings, images: AuditImages) {
  const conflicting = (a: number, b: number) => images.labels[a] !== images.labels[b];
  const across = (a: number, b: number) => images.splitOf[a] !== images.splitOf[b];
  const list = [...near]
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, listLimit)
    .map(
      ({ first, second, similarity, mirrored, overlap }): NearPair => ({
        first: images.reference(first),
        second: images.reference(second),
        similarity: rounded(similarity, 4),
        mirrored,
        overlap: rounded(overlap, 3),
        conflicting: conflicting(first, second),
        acrossSplits: across(first, second),
      }),
    );
  return {
    threshold: samePhotograph,
    pairs: near.length,
    images: new Set(near.flatMap(({ first, second }) => [first, second])).size,
    conflictingPairs: near.filter(({ first, second }) => conflicting(first, second)).length,
    acrossSplitsPairs: near.filter(({ first, second }) => across(first, second)).length,
    list,
  };
}

function describeCrossValidation(
  judged: Omit<CrossValidated, 'suspects'>,
  classes: readonly string[],
): CrossValidationSummary {
  const { folds, preset, epochs, seed, accuracy, foldAccuracy, joint, estimated } = judged;
  const pairs = classes.flatMap((label, given) =>
    classes.flatMap((predicted, other) =>
      other === given || joint[given]![other] === 0
        ? []
        : [{ label, predicted, confident: joint[given]![other]!, estimated: estimated[given]![other]! }],
    ),
  );
  return {
    folds,
    preset,
    epochs,
    seed,
    accuracy: rounded(accuracy, 4),
    foldAccuracy: foldAccuracy.map((share) => rounded(share, 4)),
    estimatedErrors: rounded(
      pairs.reduce((sum, pair) => sum + pair.estimated, 0),
      1,
    ),
    pairs: pairs
      .sort((a, b) => b.estimated - a.estimated)
      .map((pair) => ({ ...pair, estimated: rounded(pair.estimated, 1) })),
  };
}

function describeSuspects(
  labels: JudgedLabels | null,
  { images, model }: ResultContext,
): SuspectLabels | null {
  if (!labels) return null;
  const { suspects, crossValidated } = labels;
  const { classes } = images;
  return {
    model,
    crossValidation: crossValidated ? describeCrossValidation(crossValidated, classes) : null,
    splits: suspects.map(({ thresholds, suspects: own }, s) => ({
      name: images.splits[s]!.name,
      images: images.splits[s]!.store.count,
      confident: own.length,
      thresholds: Object.fromEntries(
        classes.flatMap((name, label) =>
          Number.isFinite(thresholds[label]) ? [[name, rounded(thresholds[label]!, 4)]] : [],
        ),
      ),
    })),
    images: sortSuspects(suspects.flatMap((ranked) => ranked.suspects))
      .slice(0, listLimit)
      .map(({ image, predicted, labelProbability, predictedProbability }) => ({
        ...images.reference(image),
        predicted: classes[predicted]!,
        labelProbability: rounded(labelProbability, 4),
        predictedProbability: rounded(predictedProbability, 4),
        normalisedMargin: rounded(normalisedMargin(labelProbability, predictedProbability), 4),
      })),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The whole result. */
export function toResult(
  findings: Findings,
  labels: JudgedLabels | null,
  context: ResultContext,
): AuditResult {
  const { dataset, images, unusable, version, seconds } = context;
  const { unlike } = findings;
  const splits = summariseSplits(context);
  const counts = Object.values(splits[0]!.perClass);
  const smallest = Math.min(...counts);
  const layout = recogniseLayout(
    dataset.splits.map(({ samples, damagedRows }) => ({
      images: samples.length + damagedRows,
      perClass: dataset.classes.map((_, k) => samples.filter(({ label }) => label === k).length),
    })),
  );
  const result: AuditResult = {
    version,
    dataset: dataset.path,
    imageSize: images.side,
    classes: dataset.classes,
    splits,
    corrections: dataset.corrections ?? null,
    unusable: [...unusable],
    imbalanceRatio: smallest > 0 ? rounded(Math.max(...counts) / smallest, 2) : 0,
    layout,
    leaks: summariseLeaks(findings, context),
    exactDuplicates: describeCopies(findings, images),
    nearDuplicates: describeNear(findings, images),
    blank: findings.blank.slice(0, listLimit).map(({ image, deviation }) => ({
      ...images.reference(image),
      standardDeviation: rounded(deviation, 3),
    })),
    blankCount: findings.blank.length,
    unlikeTheOthers: unlike.images
      .slice(0, listLimit)
      .map(({ image, score }) => ({ ...images.reference(image), score: rounded(score, 4) })),
    unlikeCount: unlike.threshold === null ? null : unlike.images.length,
    unlikeThreshold: unlike.threshold === null ? null : rounded(unlike.threshold, 4),
    suspectLabels: describeSuspects(labels, context),
    warnings: [],
    listLimit: listLimit,
    seconds: rounded(seconds, 1),
  };
  return { ...result, warnings: describeWarnings(result) };
}
