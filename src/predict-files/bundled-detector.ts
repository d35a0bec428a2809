// The networks of faces that come with the program, in models/ of the package: the single-stage detector, the three of the
// MTCNN, and that which refines points. Beside each file or folder of files lies a description, which says what they were
// when they were made: scripts/box-faces.js, scripts/box-cascade.js and scripts/box-points.js make both from a run.

import { readFile } from 'node:fs/promises';
import { FerlabError } from '../errors.js';
import { type CascadeFiles, cascadeStages } from '../faces/cascade-file.js';
import { foundInstead } from '../files/read-error.js';
import { sha256 } from '../files/sha256.js';
import { packageFile } from '../package-files.js';
import { object, type Reader, text } from '../predict/json-fields.js';

/** Stands for the MTCNN that comes with ferlab wherever a detector is asked for. */
export const cascadeName = 'mtcnn';

const remedy = 'Install ferlab again, or restore models/ of the checkout';

/** Files of the package: what they are, and what to do where they aren't. */
interface Bundled {
  readonly what: string;
  readonly remedy: string;
}

const ownRemedy = `${remedy}; or give a detector of your own.`;
const detector: Bundled = { what: 'the face detector that comes with ferlab', remedy: ownRemedy };
const cascade: Bundled = { what: 'the MTCNN that comes with ferlab', remedy: ownRemedy };
/** Every detector's points are refined by it. */
const refiner: Bundled = { what: 'the network of points that comes with ferlab', remedy: `${remedy}.` };

const readSum = object<{ sha256: string }>({ sha256: text });
const readSums = object<{ files: CascadeFiles<{ sha256: string }> }>({
  files: object<CascadeFiles<{ sha256: string }>>({ pnet: readSum, rnet: readSum, onet: readSum }),
});

/**
 * The bytes of the single-stage detector.
 *
 * @throws FerlabError `model` where the file or its description is missing, or the file isn't the one that is described;
 *   `io` where the package isn't installed, as in a bundle that was copied elsewhere.
 */
export async function readBundledDetector(): Promise<Uint8Array> {
  const { sha256: expected } = await describe('models/faces.json', readSum, detector);
  return readChecked('models/faces.onnx', expected, detector);
}

/** The bytes of the three networks of the MTCNN. Throws as readBundledDetector. */
export async function readBundledCascade(): Promise<CascadeFiles> {
  const { files } = await describe('models/mtcnn/mtcnn.json', readSums, cascade);
  const [pnet, rnet, onet] = await Promise.all(
    cascadeStages.map((stage) => readChecked(`models/mtcnn/${stage}.onnx`, files[stage].sha256, cascade)),
  );
  return { pnet: pnet!, rnet: rnet!, onet: onet! };
}

/** The bytes of the network that refines points. Throws as readBundledDetector. */
export async function readBundledPoints(): Promise<Uint8Array> {
  const { sha256: expected } = await describe('models/face-points.json', readSum, refiner);
  return readChecked('models/face-points.onnx', expected, refiner);
}

async function describe<Value>(name: string, reader: Reader<Value>, bundled: Bundled): Promise<Value> {
  const file = packageFile(name);
  try {
    return reader(JSON.parse(await readFile(file, 'utf8')), '');
  } catch (error) {
    throw missing(file, { ...bundled, what: `the description of ${bundled.what}` }, error);
  }
}

async function readChecked(name: string, expected: string, bundled: Bundled): Promise<Uint8Array> {
  const file = packageFile(name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw missing(file, bundled, error);
  }
  checkSum(bytes, expected, file, bundled);
  return bytes;
}

const missing = (file: string, { what, remedy }: Bundled, error: unknown): FerlabError =>
  new FerlabError('model', `${file}: expected ${what}, found ${foundInstead(error)}. ${remedy}`, {
    cause: error,
  });

/** Throws FerlabError `model` where the bytes have another SHA-256 (hex). */
export function checkSum(bytes: Uint8Array, expected: string, file: string, { what, remedy }: Bundled): void {
  const found = sha256(bytes);
  if (found === expected) return;
  throw new FerlabError(
    'model',
    `${file}: expected ${what}, with SHA-256 ${expected}; found ${bytes.length} bytes with ${found}. ${remedy}`,
  );
}
