// What is taught in the Teach view: the classes, their samples, and which of them are chosen. All of it lives in this page and is
// gone with it, unless it is downloaded.

import { batch, computed, signal } from '@preact/signals';
import type { RgbImage } from '../../../src/image/rgb.js';
import { nameProblem } from '../../../src/teach/check-lesson.js';
import { call } from '../../engine/client.js';
import { chosenModel, engineState, modelById } from '../../engine/studio.js';
import type { Taken } from '../../engine/teaching.js';

export interface LessonClass {
  readonly id: number;
  readonly name: string;
}

export interface Sample {
  readonly id: number;
  readonly classId: number;
  readonly name: string;
  readonly image: RgbImage;
  readonly png: Blob;
  /** Of the PNG, for showing it. */
  readonly url: string;
  /** The recording that it is a frame of. */
  readonly take: string | undefined;
}

let next = 1;
const firstNames = ['first expression', 'second expression'];

export const lessonClasses = signal<readonly LessonClass[]>(firstNames.map((name) => ({ id: next++, name })));
export const samples = signal<readonly Sample[]>([]);
export const chosenSamples = signal<ReadonlySet<number>>(new Set());
/** The model whose last layer is taught anew. Samples are cut out for it. */
export const parentModel = signal<string | null>(null);
export const parentId = computed(() => parentModel.value ?? chosenModel.value);
/** Pictures in which no face was found, with the class that they were meant for. */
export const rejected = signal<readonly { file: File; classId: number; reason: string }[]>([]);
/** Pictures that are being looked at: how many are left. */
export const waiting = signal(0);

export const samplesOf = (classId: number): Sample[] =>
  samples.value.filter((sample) => sample.classId === classId);

/** What is wrong with each class's name; null where nothing is. */
export const nameProblems = computed((): ReadonlyMap<number, string | null> => {
  const folded = lessonClasses.value.map(({ name }) => name.trim().normalize('NFC').toLowerCase());
  return new Map(
    lessonClasses.value.map(({ id, name }, i) => {
      const problem = nameProblem(name.trim());
      if (problem !== null) return [id, `This name ${problem}.`] as const;
      const twice = folded.indexOf(folded[i]!) !== i;
      return [id, twice ? 'Another class has this name already.' : null] as const;
    }),
  );
});

export function addClass(name?: string): number {
  const id = next++;
  lessonClasses.value = [
    ...lessonClasses.value,
    { id, name: name ?? `expression ${lessonClasses.value.length + 1}` },
  ];
  return id;
}

export function renameClass(id: number, name: string): void {
  lessonClasses.value = lessonClasses.value.map((entry) => (entry.id === id ? { id, name } : entry));
}

export function removeClass(id: number): void {
  batch(() => {
    deleteSamples(samplesOf(id).map((sample) => sample.id));
    lessonClasses.value = lessonClasses.value.filter((entry) => entry.id !== id);
    rejected.value = rejected.value.filter(({ classId }) => classId !== id);
  });
}

export function deleteSamples(ids: Iterable<number>): void {
  const gone = new Set(ids);
  for (const { id, url } of samples.value) if (gone.has(id)) URL.revokeObjectURL(url);
  batch(() => {
    samples.value = samples.value.filter(({ id }) => !gone.has(id));
    chosenSamples.value = new Set([...chosenSamples.value].filter((id) => !gone.has(id)));
  });
}

/** Gives samples to another class, at its end. */
export function relabelSamples(ids: Iterable<number>, classId: number): void {
  const moved = new Set(ids);
  const goes = ({ id, classId: from }: Sample) => moved.has(id) && from !== classId;
  batch(() => {
    samples.value = [
      ...samples.value.filter((sample) => !goes(sample)),
      ...samples.value.filter(goes).map((sample) => ({ ...sample, classId })),
    ];
    chosenSamples.value = new Set();
  });
}

export function chooseSample(id: number, isChosen: boolean): void {
  const chosen = new Set(chosenSamples.value);
  if (isChosen) chosen.add(id);
  else chosen.delete(id);
  chosenSamples.value = chosen;
}

export function addSample(
  { image, png }: NonNullable<Taken['sample']>,
  about: Pick<Sample, 'classId' | 'name' | 'take'>,
): void {
  const sample: Sample = { id: next++, ...about, image, png, url: URL.createObjectURL(png) };
  samples.value = [...samples.value, sample];
}

const reasons = {
  'no face': 'no face was found',
  'too small': 'the face is too small',
  'too turned': 'the face is turned too far away',
} as const;

export const describeReason = (reason: keyof typeof reasons): string => reasons[reason];

/** Adds pictures to a class: the largest face of each, or the whole picture. Those without a face are kept aside. */
export async function addPictures(
  files: readonly File[],
  classId: number,
  faces: 'auto' | 'crop' = 'auto',
  take?: (file: File) => string | undefined,
): Promise<void> {
  waiting.value += files.length;
  for (const file of files) {
    try {
      const input = { picture: file, name: file.name, model: parentId.value!, faces };
      const taken = await call('takeSample', input);
      if (taken.sample !== null) addSample(taken.sample, { classId, name: file.name, take: take?.(file) });
      else reject(file, classId, describeReason(taken.reason));
    } catch (error) {
      reject(file, classId, (error as Error).message);
    }
    waiting.value -= 1;
  }
}

function reject(file: File, classId: number, reason: string): void {
  rejected.value = [...rejected.value, { file, classId, reason }];
}

/** Takes what no face was found in as it is. */
export async function takeRejectedWhole(): Promise<void> {
  const again = rejected.value;
  rejected.value = [];
  for (const { file, classId } of again) await addPictures([file], classId, 'crop');
}

export const isReady = computed(() => engineState.value.state === 'ready');
export const parentName = (): string => modelById(parentId.value ?? '')?.name ?? 'the model';
