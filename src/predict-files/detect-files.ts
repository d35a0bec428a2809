// Finds the faces in image files, or in folders of them.

import { checkArgument, checkHooks, checkOptions, show } from '../check-options.js';
import { decodePicture } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import { FerlabError } from '../errors.js';
import { type DetectOptions, detectRules, type FaceDetector, faceDetector } from '../faces/detector.js';
import { type DetectEvent, type FoundFaces, findFacesIn } from '../faces/find-faces.js';
import type { Picture } from '../image/rgb.js';
import { throwIfAborted } from '../predict/model.js';
import type { Hooks } from '../progress.js';
import { inOrder } from './in-order.js';
import { type FailedFile, type Found, listImages } from './list-images.js';

/** The faces of one file, or why it can't be used. */
export type FileFaces = ({ file: string } & FoundFaces) | FailedFile;

/**
 * Files that are under way: one is searched while the next are decoded, in threads of their own. Each takes its memory, 75 MB
 * at most.
 */
const atOnce = 3;

/**
 * Faces in the order of `paths`; a folder stands for the images below it, sorted by name, links followed and hidden files and
 * ferlab's own output left out. A file that can't be used, or a folder that can't be listed, gives an answer with `error`,
 * and the rest goes on.
 *
 * @param paths one or many.
 * @throws FerlabError `usage`, at once, for paths or options of the wrong form; `model` where the detector answers with what
 *   are no numbers; `interrupted` where the signal is aborted.
 */
export function detectFiles(
  detector: FaceDetector,
  paths: string | readonly string[],
  options: DetectOptions = {},
  hooks: Hooks<DetectEvent> = {},
): AsyncGenerator<FileFaces, void, undefined> {
  checkArgument('detectFiles: detector', detector, faceDetector);
  checkHooks('detectFiles', hooks);
  checkOptions('detectFiles', options, detectRules);
  const list = typeof paths === 'string' ? [paths] : paths;
  if (!Array.isArray(list))
    throw new FerlabError('usage', `detectFiles: expected a path or a list of paths, got ${show(paths)}.`);
  for (const [i, path] of list.entries()) {
    if (typeof path === 'string') continue;
    const advice = typeof path === 'object' ? ' For images in memory, use findFaces.' : '';
    throw new FerlabError('usage', `detectFiles: paths[${i}]: expected a path, got ${show(path)}.${advice}`);
  }
  return detectEach(detector, list, options, hooks);
}

async function* detectEach(
  detector: FaceDetector,
  paths: readonly string[],
  options: DetectOptions,
  { signal, onProgress }: Hooks<DetectEvent>,
): AsyncGenerator<FileFaces, void, undefined> {
  let done = 0;
  for await (const read of inOrder(listImages(paths, { rows: false }), atOnce, decode)) {
    throwIfAborted(signal);
    const faces =
      'error' in read ? read : { file: read.file, ...(await findFacesIn(read.picture, detector, options)) };
    onProgress?.({ type: 'detect', done: ++done });
    yield faces;
  }
}

async function decode(found: Found): Promise<{ file: string; picture: Picture } | FailedFile> {
  if (typeof found === 'object' && 'error' in found) return found;
  const file = typeof found === 'string' ? found : found.file;
  try {
    return { file, picture: await decodePicture(file) };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { file, error: error.reason };
  }
}
