// The metadata of a model file, in ONNX's metadata_props: one JSON value a key, all keys below `ferlab.`.

import { z } from 'zod';
import type { ModelNote } from './notes.js';

/** Version of this scheme; readers refuse others. */
export const modelFormat = 1;

/** A number before calibration, after it, and after it by temperatures that were fitted on other images. */
const calibrated = z.object({
  before: z.number(),
  after: z.number(),
  /** Each half of the images under the temperature that was fitted on the other half. */
  cross_fitted: z.number(),
});

/** The model's own notes are plain strings in the file, as all were in files of earlier versions. */
const note = z.union([
  z.string().transform((text): ModelNote => ({ of: null, text })),
  z.object({ of: z.string(), text: z.string() }),
]);

/** Of images that a model takes, in pixels: more is no face crop, and one image would take hundreds of megabytes. */
const largestSide = 4096;

const metadataSchema = z.object({
  format: z.literal(modelFormat),
  /** The program's version that wrote the file. */
  version: z.string(),
  /** What the model does. Files of earlier versions lack it: all of them classify. */
  task: z
    .literal('classify', 'expected a model that classifies, one of another task found')
    .default('classify'),
  /** Names by output index. */
  classes: z.array(z.string()).min(2),
  /** What the input `pixels` takes: grey images of this size, raw values 0 to 255; scaling is in the graph. */
  input: z.object({
    width: z.number().int().positive().max(largestSide),
    height: z.number().int().positive().max(largestSide),
    channels: z.literal(1),
    range: z.tuple([z.literal(0), z.literal(255)]),
  }),
  /** How it was trained: the sections of the configuration that decide the weights. */
  training: z.record(z.string(), z.unknown()),
  /** What it was trained on: the folder's name, images per class and split, and SHA-256 of the decoded images. */
  dataset: z.object({
    name: z.string(),
    counts: z.record(z.string(), z.record(z.string(), z.number())),
    fingerprints: z.record(z.string(), z.string()),
  }),
  /** What it scored, by the names of history files: `val_accuracy` and so on, and the epoch. */
  metrics: z.record(z.string(), z.number()),
  /** What has to be known when its scores are compared; absent where there is nothing. */
  notes: z.array(note).optional(),
  /** How the probabilities were calibrated; missing where they weren't. */
  calibration: z
    .object({
      /** What the graph divides the logits by. */
      temperature: z.number().positive(),
      /** The images that it was fitted on: the dataset's name, its split, their number, and their SHA-256. */
      dataset: z.string(),
      split: z.string(),
      n: z.number().int().positive(),
      fingerprint: z.string(),
      /** Expected calibration error (15 bins), and loss, on these images. */
      ece: calibrated,
      loss: calibrated,
    })
    .optional(),
  /** How large weights are stored; float32 where missing. */
  weights: z.literal('float16').optional(),
});

export type ModelMetadata = z.output<typeof metadataSchema>;
export type ModelCalibration = NonNullable<ModelMetadata['calibration']>;

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
  const found: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(properties)) {
    if (!key.startsWith(prefix)) continue;
    try {
      found[key.slice(prefix.length)] = JSON.parse(text);
    } catch {
      return { problem: `its metadata ${key} is not JSON` };
    }
  }
  if (Object.keys(found).length === 0) return { problem: 'it has no ferlab metadata' };
  if (found.format !== modelFormat) {
    return { problem: `its format is ${JSON.stringify(found.format)}, this version reads ${modelFormat}` };
  }
  const parsed = metadataSchema.safeParse(found);
  if (parsed.success) return { metadata: parsed.data };
  const issue = parsed.error.issues[0]!;
  return { problem: `its metadata ${prefix}${issue.path.join('.')} is wrong: ${issue.message}` };
}
