// What the whole page shares: whether the engine runs, which models there are, and which are chosen.

import { computed, signal } from '@preact/signals';
import { asFailure } from '../words/failures.js';
import { call } from './client.js';
import { forgetOthers } from './fetch-model.js';

/** A model that can be chosen. */
export interface ModelEntry {
  /** SHA-256 of its file. */
  id: string;
  name: string;
  classes: readonly string[];
  input: { width: number; height: number };
  /** Share of its validation images that it recognised, 0 to 1; null where that isn't known. */
  accuracy: number | null;
  /** `server`: of the list; `dropped`: opened from a file; `taught`: made in this page. */
  origin: 'server' | 'dropped' | 'taught';
}

export type EngineState =
  | { state: 'starting' }
  | { state: 'ready'; threads: number }
  | { state: 'failed'; message: string };

export const engineState = signal<EngineState>({ state: 'starting' });
export const models = signal<readonly ModelEntry[]>([]);
/** Ids. */
export const chosenModel = signal<string | null>(null);
/** The second model of a comparison; null where none is compared. */
export const comparedModel = signal<string | null>(null);

export const chosenIds = computed((): string[] => {
  const [first, second] = [chosenModel.value, comparedModel.value];
  return [first, second === first ? null : second].filter((id) => id !== null);
});

export const modelById = (id: string): ModelEntry | undefined =>
  models.value.find((model) => model.id === id);

/** A picture below the studio's folders. */
interface ListedPicture {
  id: string;
  name: string;
}

/** Some pictures of the studio's folders, to try things on. */
export const listedPictures = signal<readonly ListedPicture[]>([]);

interface ListedStudio {
  detector: string;
  points: string | null;
  models: (Omit<ModelEntry, 'id' | 'origin'> & { sha256: string })[];
  pictures: ListedPicture[];
}

/** From the address, once; then the tab remembers it, so that reloading works. */
function takeToken(): string | null {
  const [, given] = /^#token=(.+)$/.exec(location.hash) ?? [];
  if (given !== undefined) {
    sessionStorage.setItem('ferlab-token', decodeURIComponent(given));
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem('ferlab-token');
}

const token = takeToken();

const ask = (path: string): Promise<Response | null> =>
  fetch(path, { headers: token === null ? {} : { authorization: `Bearer ${token}` } }).catch(() => null);

/** The listed pictures as files; those that have gone are left out. */
export async function fetchPictures(): Promise<File[]> {
  const files: File[] = [];
  for (const { id, name } of listedPictures.value) {
    const response = await ask(`/api/pictures/${id}`);
    if (response?.ok) files.push(new File([await response.blob()], name, { type: 'image/*' }));
  }
  return files;
}

async function askServer(): Promise<ListedStudio> {
  const response = await ask('/api/studio');
  if (response === null)
    throw new Error('The server doesn\u2019t answer. Is \u201cferlab studio\u201d still running?');
  if (response.status === 401)
    throw new Error(
      'The server asks for its token. Open the whole address that \u201cferlab studio\u201d printed.',
    );
  if (!response.ok) throw new Error(`The server refused to list its models (${response.status}).`);
  return (await response.json()) as ListedStudio;
}

/** Starts the engine and lists the models; again after a failure. */
export async function startStudio(): Promise<void> {
  engineState.value = { state: 'starting' };
  try {
    const { detector, points, models: listed, pictures } = await askServer();
    listedPictures.value = pictures;
    const others = models.value.filter(({ origin }) => origin !== 'server');
    const served = listed.map(
      ({ sha256, ...model }): ModelEntry => ({ ...model, id: sha256, origin: 'server' }),
    );
    models.value = [...served, ...others];
    chosenModel.value ??= served[0]!.id;
    const { threads } = await call('start', { detector, points, token });
    await call('openModel', { id: chosenModel.value });
    engineState.value = { state: 'ready', threads };
    const offered = new Set([...served.map(({ id }) => id), detector, points ?? '']);
    await forgetOthers(offered);
  } catch (error) {
    engineState.value = { state: 'failed', message: asFailure(error).message };
  }
}

/** Adds a model from its bytes and gives its entry; it isn't chosen yet. @throws FerlabError `model` for other files. */
export async function addModelBytes(
  bytes: Uint8Array,
  name: string,
  origin: 'dropped' | 'taught',
): Promise<ModelEntry> {
  const facts = await call('addModel', { bytes, name });
  const entry: ModelEntry = { ...facts, name, accuracy: null, origin };
  if (modelById(entry.id) === undefined) models.value = [...models.value, entry];
  return modelById(entry.id)!;
}
