// Asks a running service about image files, so that a script doesn't pay for opening a model.

import { readFile, stat } from 'node:fs/promises';
import { show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import type { Face } from '../faces/face.js';
import type { FacesChoice } from '../faces/faces-choice.js';
import type { RecognisedFace, RecognisedFaceJson } from '../faces/recognised.js';
import { type Prediction, throwIfAborted } from '../predict/model.js';
import type { TestTimeKind } from '../predict/views.js';
import { inOrder } from '../predict-files/in-order.js';
import { listImages, type RowImage } from '../predict-files/list-images.js';
import type { FilePrediction } from '../predict-files/predict-files.js';
import type { ModelsAnswer, PredictAnswer } from './api.js';
import type { ProblemDocument } from './problem.js';

/** Requests at a time: enough to keep a service's workers busy while answers travel. */
const requestsAtOnce = 8;

/** Times that a request is sent where the service has no room. */
const attempts = 10;

/** Larger files are refused without reading them: no service takes them. */
const maxBytes = 1024 * 1024 * 1024;

export interface ServerQuestion {
  /** Where the service is: `http://127.0.0.1:8080`. */
  url: string;
  /** Sent where the service demands one. */
  token?: string | undefined;
  /** One of the service's models. Default: its first. */
  model?: string | undefined;
  tta?: TestTimeKind | undefined;
  faces?: FacesChoice | undefined;
  minFace?: number | undefined;
  maxFaces?: number | undefined;
}

/** Classes of the model that will answer. @throws FerlabError as `predictOnServer`. */
export async function classesOnServer(question: ServerQuestion): Promise<readonly string[]> {
  const response = await ask(question, '/v1/models', {});
  const { models } = (await response.json()) as ModelsAnswer;
  const { model = models[0]!.name } = question;
  const found = models.find(({ name }) => name === model);
  if (found !== undefined) return found.classes;
  throw new FerlabError(
    'usage',
    `--model: expected one of the service's models, ${models.map(({ name }) => name).join(', ')}; got ${show(model)}.`,
  );
}

/**
 * Predictions in the order of `paths`, as `predictFiles` gives them; folders are walked here, and images sent one by one.
 *
 * @throws FerlabError `io` where no service answers, or not as one; `usage` where it refuses the token or the model.
 */
export async function* predictOnServer(
  paths: readonly string[],
  question: ServerQuestion,
  signal: AbortSignal,
): AsyncGenerator<FilePrediction, void, undefined> {
  yield* inOrder(listImages(paths), requestsAtOnce, async (found) => {
    throwIfAborted(signal);
    if (typeof found === 'string') return predictFile(found, question, signal);
    return 'error' in found ? found : rowNotSent(found);
  });
}

function rowNotSent({ file }: RowImage): FilePrediction {
  return {
    file,
    error: 'expected an image file for the service, found a row of a CSV file. Leave --server out',
  };
}

async function predictFile(
  file: string,
  question: ServerQuestion,
  signal: AbortSignal,
): Promise<FilePrediction> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    const { size } = await stat(file);
    if (size > maxBytes) return { file, error: `expected at most ${maxBytes} bytes, found ${size}` };
    bytes = await readFile(file);
  } catch (error) {
    return { file, error: `expected a readable file, found ${(error as NodeJS.ErrnoException).code}` };
  }
  if (bytes.length === 0) return { file, error: 'expected an image, found an empty file (0 bytes)' };
  const { model, tta, faces, minFace, maxFaces } = question;
  const settings = Object.entries({ model, tta, faces, min_face: minFace, max_faces: maxFaces });
  const query = new URLSearchParams(
    settings.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
  );
  const response = await ask(question, `/v1/predict?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    signal,
  });
  if (!response.ok) return { file, error: (await problemOf(response)).detail };
  const { images } = (await response.json()) as PredictAnswer;
  const [picture] = images;
  if (picture === undefined || 'error' in picture)
    return { file, error: picture?.error ?? 'expected an answer, found none' };
  const { warning, width, height } = picture;
  const warned = warning === undefined ? {} : { warning };
  const [first] = picture.faces;
  // An image that was taken whole has one face, which has no place.
  if (first !== undefined && !('box' in first)) return { file, ...warned, ...(first as Prediction) };
  return {
    file,
    ...warned,
    width,
    height,
    faces: (picture.faces as unknown as RecognisedFaceJson[]).map(faceOf),
  };
}

/** A face from its JSON. */
function faceOf({ box: [x, y, width, height], points, ...rest }: RecognisedFaceJson): RecognisedFace {
  return { ...rest, box: { x, y, width, height }, points: points as unknown as Face['points'] };
}

/** One answer: a good one, or a problem that is about this image. */
async function ask(
  { url, token }: ServerQuestion,
  path: string,
  init: RequestInit,
  attempt = 1,
): Promise<Response> {
  const headers = {
    ...(init.headers as Record<string, string> | undefined),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const address = serviceAddress(url) + path;
  let response: Response;
  try {
    response = await fetch(address, { ...init, headers, redirect: 'error' });
  } catch (error) {
    if (init.signal?.aborted) throwIfAborted(init.signal);
    throw unreachable(url, error);
  }
  if (response.ok || response.status === 413 || response.status === 422) return response;
  const { detail, code } = await problemOf(response);
  if (response.status === 503 && attempt < attempts) {
    const seconds = Number(response.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(10, Math.max(0.1, seconds))));
    return ask({ url, token }, path, init, attempt + 1);
  }
  if (code === 'unauthorized') {
    throw new FerlabError(
      'usage',
      `--server ${url}: expected the token of this service in the variable FERLAB_SERVE_TOKEN, found ${token === undefined ? 'none' : 'another'}.`,
    );
  }
  throw new FerlabError(
    response.status < 500 ? 'usage' : 'io',
    `--server ${url}: expected an answer, found ${response.status}: ${detail}`,
  );
}

/** The address without a slash at its end. @throws FerlabError `usage` for another kind of address. */
function serviceAddress(url: string): string {
  const known = URL.canParse(url) ? new URL(url) : null;
  if (known !== null && /^https?:$/.test(known.protocol) && known.search === '' && known.hash === '')
    return known.href.replace(/\/+$/, '');
  throw new FerlabError(
    'usage',
    `--server: expected the address of a service, as http://127.0.0.1:8080, got ${show(url)}.`,
  );
}

function unreachable(url: string, error: unknown): FerlabError {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  const found = cause?.code ?? cause?.message ?? (error as Error).message;
  return new FerlabError(
    'io',
    `--server ${url}: expected a running service, found none that answers (${found}). Start one with "ferlab serve".`,
    { cause: error },
  );
}

async function problemOf(response: Response): Promise<Pick<ProblemDocument, 'detail' | 'code'>> {
  try {
    const { detail, code } = (await response.json()) as ProblemDocument;
    if (typeof detail === 'string') return { detail, code };
  } catch {
    // Another program's answer.
  }
  return { detail: 'no problem document; is this the address of "ferlab serve"?', code: 'internal' };
}
