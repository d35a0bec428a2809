// Refuses lessons that can't be taught, before any work.

import { checkOptions, either, listOf, section, show, text, wholeNumber } from '../check-options.js';
import { FerlabError } from '../errors.js';
import type { Lesson } from './types.js';

const mostClasses = 50;
/** Of one lesson: their features take some 50 kB each. */
const mostSamples = 20_000;
const longestName = 60;
/** Different pictures of a class: four to learn from and one to check with. */
export const fewestPictures = 5;

const nothing = { expected: 'undefined', accepts: (value: unknown) => value === undefined };

/**
 * Checks all but the images and how many of them are different.
 *
 * @returns the label of each sample as the number of its class.
 * @throws FerlabError `usage` for wrong arguments; `data` for classes and samples that don't make a lesson.
 */
export function checkLesson(lesson: Lesson): Int32Array {
  checkOptions('teach', lesson, {
    classes: listOf(text),
    samples: listOf(section),
    name: either(text, nothing),
    seed: either(wholeNumber(0, Number.MAX_SAFE_INTEGER), nothing),
  });
  const { classes, samples } = lesson;
  if (!Array.isArray(classes) || !Array.isArray(samples))
    throw new FerlabError('usage', 'teach: expected a lesson { classes, samples }, got one without them.');
  checkClasses(classes);
  if (samples.length > mostSamples) {
    throw refuse(
      `expected at most ${mostSamples} samples, got ${samples.length}. Train on so many: ferlab train.`,
    );
  }
  const places = new Map(classes.map((name, k) => [name, k]));
  return Int32Array.from(samples, ({ label, take }, i) => {
    const place = places.get(label);
    if (place === undefined)
      throw refuse(`samples[${i}].label: expected one of ${classes.join(', ')}; got ${show(label)}.`);
    if (take !== undefined && typeof take !== 'string')
      throw refuse(`samples[${i}].take: expected a text, got ${show(take)}.`);
    return place;
  });
}

function checkClasses(classes: readonly string[]): void {
  if (classes.length < 2 || classes.length > mostClasses) {
    throw refuse(
      `expected 2 to ${mostClasses} classes, got ${classes.length}. A model tells classes apart: name at least two.`,
    );
  }
  const seen = new Map<string, string>();
  for (const name of classes) {
    const problem = nameProblem(name);
    if (problem !== null)
      throw refuse(`expected names for the classes, got ${show(name)}, which ${problem}.`);
    const folded = name.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined)
      throw refuse(
        `expected different names for the classes, got ${show(other)} and ${show(name)}. Rename one.`,
      );
    seen.set(folded, name);
  }
}

/** What is wrong with the name of a class, which may become a folder's: `is empty`, for example; null where nothing is. */
export function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'is empty';
  if (name !== name.trim()) return 'begins or ends with a blank';
  if (name.length > longestName) return `is longer than ${longestName} characters`;
  if (/[\p{Cc}\p{Cf}\p{Cs}/\\:*?"<>|]/u.test(name))
    return 'has a character that folders can\'t have (one of / \\ : * ? " < > | or an invisible one)';
  if (/^\.|\.$/.test(name)) return 'begins or ends with a dot';
  return null;
}

export function refuse(message: string): FerlabError {
  return new FerlabError('data', `teach: ${message}`);
}
