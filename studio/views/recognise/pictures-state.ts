// The pictures of the Recognise view: which there are, which is shown, and what was recognised in each.

import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { call } from '../../engine/client.js';
import type { ShownPicture } from '../../engine/recognise-picture.js';
import { chosenIds, engineState } from '../../engine/studio.js';
import { asFailure, wasStopped } from '../../words/failures.js';

export interface PictureItem {
  readonly id: number;
  readonly name: string;
  readonly file: Blob;
  /** Of the picture, for showing it. */
  readonly url: string;
  answer:
    | { state: 'waiting' }
    | { state: 'done'; found: ShownPicture }
    | { state: 'failed'; message: string };
}

export type FacesChoice = 'auto' | 'find' | 'crop';

export const pictures = signal<readonly PictureItem[]>([]);
const shownId = signal<number | null>(null);
export const shownPicture = computed(
  () => pictures.value.find(({ id }) => id === shownId.value) ?? pictures.value[0] ?? null,
);
/** Number of the face that is chosen in the shown picture; null for none. */
export const chosenFace = signal<number | null>(null);
/** Whether pictures are searched, or are crops of faces. */
export const facesChoice = signal<FacesChoice>('auto');
/** Whether faces that lie sideways or upside down are looked for. */
export const rotations = signal(false);
export const showsPoints = signal(true);

let next = 1;

/** Adds pictures and shows the first of them. */
export function addPictures(files: readonly File[]): void {
  const added = files.map((file): PictureItem => {
    const name = file.name || 'pasted picture';
    return { id: next++, name, file, url: URL.createObjectURL(file), answer: { state: 'waiting' } };
  });
  batch(() => {
    pictures.value = [...pictures.value, ...added];
    if (added[0]) showPicture(added[0].id);
  });
}

export function showPicture(id: number): void {
  batch(() => {
    shownId.value = id;
    chosenFace.value = null;
  });
}

export function removePictures(): void {
  for (const { url } of pictures.value) URL.revokeObjectURL(url);
  batch(() => {
    pictures.value = [];
    chosenFace.value = null;
  });
}

function setAnswer(id: number, answer: PictureItem['answer']): void {
  pictures.value = pictures.value.map((item) => (item.id === id ? { ...item, answer } : item));
}

const question = computed(() => ({
  models: chosenIds.value,
  faces: facesChoice.value,
  rotations: rotations.value,
}));

let controller = new AbortController();

/** Recognises what waits, the shown picture first, until nothing does. */
async function work(signal: AbortSignal): Promise<void> {
  for (;;) {
    const shown = shownPicture.value;
    const waits = ({ answer }: PictureItem) => answer.state === 'waiting';
    const item = shown && waits(shown) ? shown : pictures.value.find(waits);
    if (item === undefined || signal.aborted) return;
    try {
      const input = { ...question.value, picture: item.file, name: item.name };
      const found = await call('recognisePicture', input, { signal });
      if (!signal.aborted) setAnswer(item.id, { state: 'done', found });
    } catch (error) {
      if (wasStopped(error) || signal.aborted) return;
      setAnswer(item.id, { state: 'failed', message: asFailure(error).message });
    }
  }
}

let working = false;

async function workOn(): Promise<void> {
  if (working) return;
  working = true;
  try {
    for (let signal = controller.signal; ; signal = controller.signal) {
      await work(signal);
      if (signal === controller.signal) return;
    }
  } finally {
    working = false;
  }
}

/** Another question: every picture is asked about anew. */
effect(() => {
  question.value;
  untracked(() => {
    controller.abort();
    controller = new AbortController();
    pictures.value = pictures.value.map((item) => ({ ...item, answer: { state: 'waiting' } }));
  });
});

effect(() => {
  const isReady = engineState.value.state === 'ready';
  const hasWork = pictures.value.some(({ answer }) => answer.state === 'waiting');
  if (isReady && hasWork) void untracked(workOn);
});
