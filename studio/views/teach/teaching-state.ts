// Training of the lesson: how far it is, what came of it, and which samples are copies of each other.

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { HistoryRow } from '../../../src/scores/history.js';
import type { Lesson, TaughtModel, TeachEvent } from '../../../src/teach/types.js';
import { call } from '../../engine/client.js';
import { type ModelEntry, modelById, models } from '../../engine/studio.js';
import { asFailure, wasStopped } from '../../words/failures.js';
import {
  isReady,
  lessonClasses,
  nameProblems,
  parentId,
  parentName,
  samples,
  samplesOf,
  waiting,
} from './lesson-state.js';

/** Different pictures that a class needs, as src/teach demands. */
const fewest = 5;

export interface Taught {
  readonly model: ModelEntry;
  readonly result: TaughtModel;
  /** Of every held-back sample, by its id: what the model answers, where it is wrong; null where it is right. */
  readonly heldBack: ReadonlyMap<number, string | null>;
  readonly seconds: number;
}

export type Training =
  | { state: 'idle' }
  | { state: 'running'; looked: { done: number; total: number } | null; epochs: number }
  | { state: 'failed'; message: string };

export const training = signal<Training>({ state: 'idle' });
export const history = signal<readonly HistoryRow[]>([]);
export const taught = signal<Taught | null>(null);
/** Samples that another one shows too: in the same class, or in two. */
export const marked = signal<ReadonlyMap<number, 'copy' | 'in two classes'>>(new Map());

/** Why the lesson can't be taught yet; null where it can. */
export const missing = computed((): string | null => {
  if (!isReady.value) return 'The engine is starting.';
  if (lessonClasses.value.length < 2) return 'Add a second class: a model tells classes apart.';
  if ([...nameProblems.value.values()].some((problem) => problem !== null))
    return 'Give every class a name of its own.';
  if (waiting.value > 0) return 'Pictures are being looked at.';
  const few = lessonClasses.value.filter(({ id }) => samplesOf(id).length < fewest);
  if (few.length === 0) return null;
  return `At least ${fewest} samples are needed of ${few.map(({ name }) => name.trim()).join(' and ')}. Thirty or more are better.`;
});

/** Samples by class, in the order in which they came: frames of a recording follow each other. */
function lessonNow(): { lesson: Lesson; ids: number[] } {
  const ordered = lessonClasses.value.flatMap(({ id, name }) =>
    samplesOf(id).map((sample) => ({ sample, label: name.trim() })),
  );
  return {
    lesson: {
      classes: lessonClasses.value.map(({ name }) => name.trim()),
      samples: ordered.map(({ sample: { image, take }, label }) => ({ label, image, take })),
      name: 'own expressions',
    },
    ids: ordered.map(({ sample }) => sample.id),
  };
}

let controller = new AbortController();

export const stopTraining = (): void => controller.abort();

function follow(event: TeachEvent): void {
  if (event.type === 'features') {
    training.value = { state: 'running', looked: { done: event.done, total: event.total }, epochs: 0 };
    return;
  }
  const row: HistoryRow = {
    epoch: event.epoch,
    learningRate: 0,
    measures: {
      loss: event.loss,
      accuracy: event.accuracy,
      valLoss: event.heldBackLoss,
      valAccuracy: event.heldBackAccuracy,
    },
    seconds: 0,
    imagesPerSecond: 0,
    dataWait: 0,
  };
  batch(() => {
    history.value = [...history.value, row];
    training.value = { state: 'running', looked: null, epochs: event.epochs };
  });
}

/** Trains, and adds the model to those that can be chosen. */
export async function train(): Promise<void> {
  controller = new AbortController();
  const { signal: stop } = controller;
  const begin = performance.now();
  const { lesson, ids } = lessonNow();
  batch(() => {
    history.value = [];
    training.value = { state: 'running', looked: null, epochs: 0 };
  });
  try {
    const input = { parent: parentId.value!, name: parentName(), lesson };
    const { taught: result, facts } = await call('teach', input, {
      signal: stop,
      onProgress: (event) => follow(event as TeachEvent),
    });
    const name = `taught: ${lesson.classes.join(', ')}`;
    const model: ModelEntry = { ...facts, name, accuracy: null, origin: 'taught' };
    if (modelById(model.id) === undefined) models.value = [...models.value, model];
    batch(() => {
      taught.value = {
        model,
        result,
        heldBack: describeHeldBack(result, ids, lesson),
        seconds: (performance.now() - begin) / 1000,
      };
      training.value = { state: 'idle' };
    });
  } catch (error) {
    training.value = wasStopped(error)
      ? { state: 'idle' }
      : { state: 'failed', message: asFailure(error).message };
  }
}

function describeHeldBack(
  { heldBack, classes }: TaughtModel,
  ids: readonly number[],
  lesson: Lesson,
): Map<number, string | null> {
  return new Map(
    heldBack.map(({ sample, probabilities }) => {
      const answer = classes[probabilities.indexOf(Math.max(...probabilities))]!;
      return [ids[sample]!, answer === lesson.samples[sample]!.label ? null : answer] as const;
    }),
  );
}

/** Copies are looked for when the samples have stayed as they are for so long, in milliseconds. */
const rest = 600;
let timer: ReturnType<typeof setTimeout> | undefined;
let asked = new AbortController();

async function markCopies(): Promise<void> {
  asked.abort();
  asked = new AbortController();
  const { signal: stop } = asked;
  const { lesson, ids } = lessonNow();
  if (lesson.samples.length < 2) {
    marked.value = new Map();
    return;
  }
  try {
    const input = { parent: parentId.value!, name: parentName(), samples: lesson.samples };
    const groups = await call('copiesOf', input, { signal: stop });
    if (stop.aborted) return;
    marked.value = new Map(
      groups.flatMap(({ samples: places, sameLabel }) =>
        (sameLabel ? places.slice(1) : places).map(
          (place) => [ids[place]!, sameLabel ? 'copy' : 'in two classes'] as const,
        ),
      ),
    );
  } catch {
    // Only the marks are missing; teaching looks for copies again, and says what is wrong.
  }
}

effect(() => {
  samples.value;
  const canAsk = isReady.value && waiting.value === 0 && training.value.state !== 'running';
  clearTimeout(timer);
  if (canAsk) timer = setTimeout(() => void untracked(markCopies), rest);
});
