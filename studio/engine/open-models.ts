// The models that are open in the worker, by the SHA-256 of their files, and the one detector of faces.

import { FerlabError } from '../../src/errors.js';
import type { FaceDetector } from '../../src/faces/detector.js';
import { openFaceDetector } from '../../src/faces/open-detector.js';
import { type ExpressionModel, loadModelFromBytes } from '../../src/predict/model.js';
import { fetchModel } from './fetch-model.js';

/** What the page needs to know of a model. */
export interface ModelFacts {
  /** SHA-256 of its file. */
  id: string;
  classes: readonly string[];
  input: { width: number; height: number };
}

interface OpenModel {
  readonly bytes: Uint8Array;
  readonly model: ExpressionModel;
}

/** Of models that stay open; each takes some ten megabytes. */
const mostOpen = 4;

let token: string | null = null;
let detector: FaceDetector | null = null;
/** Last used last. */
const open = new Map<string, OpenModel>();
/** Files that the server doesn't have: dropped on the page, or made in it. */
const own = new Map<string, Uint8Array>();

export async function openDetector(given: {
  detector: string;
  points: string | null;
  token: string | null;
  threads: number;
}): Promise<void> {
  token = given.token;
  const [model, points] = await Promise.all([
    fetchModel(given.detector, token),
    given.points === null ? undefined : fetchModel(given.points, token),
  ]);
  const before = detector;
  detector = await openFaceDetector(model, { points, threads: given.threads });
  await before?.close();
}

export function theDetector(): FaceDetector {
  if (detector === null)
    throw new FerlabError(
      'usage',
      'engine: expected it to be started, found that it is not. Reload the page.',
    );
  return detector;
}

const factsOf = (id: string, { classes, inputSize }: ExpressionModel): ModelFacts => ({
  id,
  classes,
  input: { ...inputSize },
});

async function closeOldest(): Promise<void> {
  for (const [id, { model }] of open) {
    if (open.size <= mostOpen) return;
    open.delete(id);
    await model.close();
  }
}

async function keepOpen(id: string, bytes: Uint8Array, name: string, threads: number): Promise<OpenModel> {
  const opened = { bytes, model: await loadModelFromBytes(bytes, { name, threads }) };
  open.set(id, opened);
  await closeOldest();
  return opened;
}

/**
 * A model of the server's list, or one that was added.
 *
 * @throws FerlabError `io` where it can't be fetched, `model` where it is no model.
 */
export async function modelOf(id: string, threads: number): Promise<OpenModel> {
  const found = open.get(id);
  if (found !== undefined) {
    open.delete(id);
    open.set(id, found);
    return found;
  }
  const bytes = own.get(id) ?? (await fetchModel(id, token));
  return keepOpen(id, bytes, 'the model', threads);
}

/** Opens a model from its bytes, and keeps these while the page is open. */
export async function addModel(bytes: Uint8Array, name: string, threads: number): Promise<ModelFacts> {
  const id = await idOf(bytes);
  const { model } = open.get(id) ?? (await keepOpen(id, bytes, name, threads));
  own.set(id, bytes);
  return factsOf(id, model);
}

async function idOf(bytes: Uint8Array): Promise<string> {
  // Without it (plain HTTP on another host) any name that is the model's alone does.
  if (crypto.subtle === undefined) return `own-${own.size}-${bytes.length}`;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function modelFacts(id: string, threads: number): Promise<ModelFacts> {
  return factsOf(id, (await modelOf(id, threads)).model);
}
