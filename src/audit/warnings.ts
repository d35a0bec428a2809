// What in an audit's result should give pause, one sentence or two each, the gravest first.

import { count, percent } from '../format/numbers.js';
import type { AuditResult, SplitSummary } from './types.js';

/** Warns where the largest class has so many times the images of the smallest. A class without images has a warning of its own. */
const mostImbalance = 4;
/** Fewer training images of a class than this are too few to learn it from. */
const fewToTrain = 100;
/** Fewer held-out images of a class than this leave its recall uncertain by 14 points or more. */
const fewToScore = 50;

/** Models that know fewer of the images than this share judge labels badly. */
const leastAccuracy = 0.5;

/** Half the width of a 95% interval around a share of one half, in points. */
function uncertainty(images: number): number {
  return Math.round(98 / Math.sqrt(images));
}

/** Classes of which there are images, but fewer than `below`. */
function listed(summary: SplitSummary, below: number): string {
  return Object.entries(summary.perClass)
    .filter(([, images]) => images > 0 && images < below)
    .map(([name, images]) => `${name} (${count(images)})`)
    .join(', ');
}

/** Classes without a usable image. */
function missing(summary: SplitSummary): string {
  return Object.keys(summary.perClass)
    .filter((name) => summary.perClass[name] === 0)
    .join(', ');
}

function describeLeaks({ leaks }: AuditResult): string[] {
  const warnings: string[] = [];
  for (const { split, trainingSplit, images, exact, exactBlank, exactConflicting, near } of leaks) {
    if (exact > 0) {
      const blank = exactBlank > 0 ? `, ${count(exactBlank)} of them blank` : '';
      const labels = exactConflicting > 0 ? `; ${count(exactConflicting)} under another label` : '';
      warnings.push(
        `${split} leaks: ${count(exact)} of its ${count(images)} images (${percent(exact / images)}) have an exact copy ` +
          `in ${trainingSplit}${blank}${labels}. A score on ${split} counts what was learnt by heart.`,
      );
    }
    if (near > 0) {
      warnings.push(
        `${split}: ${count(near)} more of its images (${percent(near / images)}) have a near copy in ${trainingSplit}.`,
      );
    }
  }
  return warnings;
}

function describeClasses({ splits, imbalanceRatio: ratio }: AuditResult): string[] {
  const [train, ...others] = splits;
  const warnings: string[] = [];
  const ranked = Object.entries(train!.perClass).sort(([, a], [, b]) => a - b);
  const [smallest, largest] = [ranked[0], ranked.at(-1)];
  if (smallest && largest && smallest[1] > 0 && ratio >= mostImbalance) {
    warnings.push(
      `Classes are unbalanced: ${train!.name} has ${ratio.toFixed(1)} times as many images of ${largest[0]} ` +
        `(${count(largest[1])}) as of ${smallest[0]} (${count(smallest[1])}). Accuracy hides how ${smallest[0]} fares: read ` +
        'recall per class and their mean.',
    );
  }
  const untaught = missing(train!);
  if (untaught) warnings.push(`No images to learn from in ${train!.name}: ${untaught}.`);
  const few = listed(train!, fewToTrain);
  if (few) warnings.push(`Few images to learn from in ${train!.name}: ${few}.`);
  for (const split of others) {
    const unscored = missing(split);
    if (unscored) {
      warnings.push(
        `No images to score by in ${split.name}: ${unscored}. A score on ${split.name} says nothing of their recall.`,
      );
    }
    const uncertain = listed(split, fewToScore);
    if (!uncertain) continue;
    const least = Math.min(...Object.values(split.perClass).filter((images) => images > 0));
    warnings.push(
      `Few images to score by in ${split.name}: ${uncertain}. Recall of a class of ${count(least)} is uncertain by about ` +
        `${uncertainty(least)} points either way.`,
    );
  }
  return warnings;
}

function describeJudges({ suspectLabels: suspects }: AuditResult): string[] {
  const judged = suspects?.crossValidation;
  if (!judged || judged.accuracy >= leastAccuracy) return [];
  return [
    `The models of the cross-validation give only ${percent(judged.accuracy)} of the images their label: the suspect labels ` +
      'and the estimate of wrong ones say little. Train them for more epochs, or with another preset.',
  ];
}

/** Of images that stand out. */
export function describeUnlike({ unlikeTheOthers: list, unlikeCount: found }: AuditResult): string[] {
  if (!found) return [];
  const verb = found === 1 ? '1 image looks' : `${count(found)} images look`;
  return [
    `${verb} unlike the others (${list[0]!.file} the most): placeholders, text, drawings, or faces in hard light. Look ` +
      'before deleting.',
  ];
}

/** Sentences for people; none where nothing is amiss. */
export function describeWarnings(result: AuditResult): string[] {
  const { unusable, exactDuplicates: exact, nearDuplicates: near, blankCount: blank } = result;
  const warnings = describeLeaks(result);
  if (exact.conflictingGroups > 0) {
    warnings.push(
      `${count(exact.conflictingGroups)} sets of exact copies carry different labels: at most one label of each can be right.`,
    );
  }
  if (near.conflictingPairs > 0) {
    warnings.push(`${count(near.conflictingPairs)} pairs of near copies carry different labels.`);
  }
  if (blank > 0) warnings.push(`${count(blank)} images are blank.`);
  if (unusable.length > 0) {
    const { file, reason } = unusable[0]!;
    warnings.push(`${count(unusable.length)} files can't be used (${file}: ${reason}).`);
  }
  return [...warnings, ...describeJudges(result), ...describeClasses(result), ...describeUnlike(result)];
}
