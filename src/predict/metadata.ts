// The metadata of a model file, in ONNX's metadata_props: one JSON value a key, all keys below `ferlab.`.

import {
  anything,
  exactly,
  FieldError,
  list,
  number,
  numberWithin,
  object,
  optional,
  type Reader,
  record,
  text,
  where,
  wholeNumber,
} from './json-fields.js';
import type { ModelNote } from './notes.js';

/** Version of this scheme; readers refuse others. */
export const modelFormat = 1;

/** A number before calibration, after it, and after it by temperatures that were fitted on other images. */
export interface CalibratedNumber {
  before: number;
  after: number;
  /** Each half of the images under the temperature that was fitted on the other half. */
  cross_fitted: number;
}

/** How the probabilities of a model were calibrated. */
export interface ModelCalibration {
  /** What the graph divides the logits by; above 0. */
  temperature: number;
  /** The images that it was fitted on: the dataset's name, its split, their number, and their SHA-256. */
  dataset: string;
  split: string;
  n: number;
  fingerprint: string;
  /** Expected calibration error (15 bins), and loss, on these images. */
  ece: CalibratedNumber;
  loss: CalibratedNumber;
}

/**
 * How a model's `uncertain` was fitted: the probability that an image shows nothing that the model can judge, with a prior by
 * which 2% of the faces come to .5 or more.
 */
export interface UncertainRule {
  /** The images of faces: the dataset's name, its split, their number, and their SHA-256. */
  dataset: string;
  split: string;
  n: number;
  fingerprint: string;
  /** Share of .5 and more, of the half of the faces that the weights were not fitted on. */
  faces: number;
  /** The same of images without a face, which were made from that half. */
  others: number;
}

/** How faces are cut out of photographs for a model; see cropFace in src/faces/crop.ts. */
export interface FaceCrop {
  /** Side of the square, in mean sides of the detector's box. */
  side: number;
  /** How far its centre lies above that of the box, in mean sides of the box. */
  up: number;
  /** A face that is turned by more than so many degrees is cut out upright. */
  roll: number;
}

/** What a model file says about itself. */
export interface ModelMetadata {
  format: typeof modelFormat;
  /** The program's version that wrote the file. */
  version: string;
  /** What the model does. Files of earlier versions lack it: all of them classify. */
  task: 'classify';
  /** Names by output index. */
  classes: string[];
  /** What the input `pixels` takes: grey images of this size, raw values 0 to 255; scaling is in the graph. */
  input: { width: number; height: number; channels: 1; range: [0, 255] };
  /** How it was trained: the sections of the configuration that decide the weights. */
  training: Record<string, unknown>;
  /** What it was trained on: the folder's name, images per class and split, and SHA-256 of the decoded images. */
  dataset: {
    name: string;
    counts: Record<string, Record<string, number>>;
    fingerprints: Record<string, string>;
  };
  /** What it scored, by the names of history files: `val_accuracy` and so on, and the epoch. */
  metrics: Record<string, number>;
  /** What has to be known when its scores are compared; absent where there is nothing. */
  notes?: ModelNote[] | undefined;
  /** Missing where the probabilities weren't calibrated. */
  calibration?: ModelCalibration | undefined;
  /** What its output `uncertain` rests on; missing where it has none. */
  uncertain?: UncertainRule | undefined;
  /** How faces are cut out for it; as by default where missing. */
  crop?: FaceCrop | undefined;
  /** How large weights are stored; float32 where missing. */
  weights?: 'float16' | undefined;
}

/** Of images that a model takes, in pixels: more is no face crop, and one image would take hundreds of megabytes. */
const largestSide = 4096;

const calibrated = object<CalibratedNumber>({ before: number, after: number, cross_fitted: number });

const namedNote = object<{ of: string; text: string }>({ of: text, text });
/** The model's own notes are plain strings in the file, as all were in files of earlier versions. */
const note: Reader<ModelNote> = (value, path) =>
  typeof value === 'string' ? { of: null, text: value } : namedNote(value, path);

const readMetadata = object<ModelMetadata>({
  format: exactly(modelFormat),
  version: text,
  task: (value, path) => {
    if (value === undefined || value === 'classify') return 'classify';
    throw new FieldError(path, 'expected a model that classifies, one of another task found');
  },
  classes: list(text, 2),
  input: object<ModelMetadata['input']>({
    width: wholeNumber(1, largestSide),
    height: wholeNumber(1, largestSide),
    channels: exactly(1),
    range: where('[0, 255]', (value) => JSON.stringify(value) === '[0,255]'),
  }),
  training: record(anything),
  dataset: object<ModelMetadata['dataset']>({
    name: text,
    counts: record(record(number)),
    fingerprints: record(text),
  }),
  metrics: record(number),
  notes: optional(list(note)),
  calibration: optional(
    object<ModelCalibration>({
      temperature: where('a number above 0', (value) => Number.isFinite(value) && Number(value) > 0),
      dataset: text,
      split: text,
      n: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      fingerprint: text,
      ece: calibrated,
      loss: calibrated,
    }),
  ),
  uncertain: optional(
    object<UncertainRule>({
      dataset: text,
      split: text,
      n: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      fingerprint: text,
      faces: numberWithin(0, 1),
      others: numberWithin(0, 1),
    }),
  ),
  crop: optional(
    object<FaceCrop>({
      side: numberWithin(0.1, 10),
      up: numberWithin(-10, 10),
      roll: numberWithin(0, 180),
    }),
  ),
  weights: optional(exactly('float16')),
});

const prefix = 'ferlab.';

/** The key in metadata_props. */
export function metadataKey(name: keyof ModelMetadata): string {
  return prefix + name;
}

/** The entries of metadata_props for what is given. */
export function encodeMetadata(metadata: Partial<ModelMetadata>): Record<string, string> {
  const { notes, ...rest } = metadata;
  const written = notes?.map((entry) => (entry.of === null ? entry.text : entry));
  return Object.fromEntries(
    Object.entries({ ...rest, notes: written }).flatMap(([key, value]) =>
      value === undefined ? [] : [[prefix + key, JSON.stringify(value)]],
    ),
  );
}

/** Reads what encodeMetadata wrote. Returns what is wrong, in words, where it isn't that. */
export function decodeMetadata(
  properties: Readonly<Record<string, string>>,
): { metadata: ModelMetadata } | { problem: string } {
  const found: Record<string, unknown> = Object.create(null);
  for (const [key, json] of Object.entries(properties)) {
    if (!key.startsWith(prefix)) continue;
    try {
      found[key.slice(prefix.length)] = JSON.parse(json);
    } catch {
      return { problem: `its metadata ${key} is not JSON` };
    }
  }
  if (Object.keys(found).length === 0) return { problem: 'it has no ferlab metadata' };
  if (found.format !== modelFormat) {
    return { problem: `its format is ${JSON.stringify(found.format)}, this version reads ${modelFormat}` };
  }
  try {
    return { metadata: readMetadata(found, '') };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return { problem: `its metadata ${prefix}${error.path} is wrong: ${error.problem}` };
  }
}
