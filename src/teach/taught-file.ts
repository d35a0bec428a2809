// The model file of what was taught: the parent's layers, the new last one, and what has to be known of both.

import { editMetadata, serializeModel } from '../engine/onnx/edit.js';
import { rewriteForInterchange } from '../engine/onnx/interchange.js';
import type { ModelProto } from '../engine/onnx/model.js';
import { FerlabError } from '../errors.js';
import type { GrayImage } from '../image/gray.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from '../predict/metadata.js';
import { programVersion } from '../version.js';
import type { Split } from './hold-back.js';
import { recipe } from './train-head.js';
import { trainingViews } from './view-features.js';

/** The model whose layers are used. */
export interface Parent {
  readonly name: string;
  /** SHA-256 of its file, hex. */
  readonly fingerprint: string;
  readonly metadata: ModelMetadata;
}

export interface TaughtContent {
  readonly parent: Parent;
  /** What the samples are called. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly seed: number;
  readonly labels: Int32Array;
  readonly split: Split;
  readonly fingerprints: { readonly train: string; readonly validation: string };
  /** By the names of history files. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Without a temperature. The same samples give the same bytes. */
export function encodeTaught(model: ModelProto, content: TaughtContent): Uint8Array {
  const { parent, classes, labels, split } = content;
  const { metadata } = parent;
  const reference = `${parent.name} (SHA-256 ${parent.fingerprint.slice(0, 8)})`;
  const count = (places: readonly number[]): Record<string, number> =>
    Object.fromEntries(
      classes.map((name, k) => [name, places.filter((i) => labels[i] === k).length] as const),
    );
  editMetadata(
    model,
    encodeMetadata({
      format: modelFormat,
      version: programVersion,
      task: 'classify',
      classes: [...classes],
      input: metadata.input,
      training: {
        taught: {
          parent: { name: parent.name, sha256: parent.fingerprint, classes: metadata.classes },
          seed: content.seed,
          views: trainingViews,
          ...recipe,
        },
      },
      dataset: {
        name: content.name,
        counts: { train: count(split.training), validation: count(split.heldBack) },
        fingerprints: content.fingerprints,
      },
      metrics: content.metrics,
      notes: [
        {
          of: null,
          text:
            `The last layer of ${reference}, taught anew with ${split.training.length} samples; ` +
            `${split.heldBack.length} others were held back to score it.`,
        },
        ...(metadata.notes ?? []).map(({ of, text }) => ({ of: of ?? reference, text })),
      ],
      ...(metadata.crop === undefined ? {} : { crop: metadata.crop }),
      ...(metadata.weights === undefined ? {} : { weights: metadata.weights }),
    }),
  );
  rewriteForInterchange(model);
  return serializeModel(model);
}

/** SHA-256 (hex) of pictures with their labels, in their order. */
export async function fingerprintOf(
  pictures: readonly GrayImage[],
  labels: Int32Array,
  places: readonly number[],
): Promise<string> {
  const size = pictures[0]?.data.length ?? 0;
  const bytes = new Uint8Array(places.length * (size + 1));
  places.forEach((place, i) => {
    bytes[i * (size + 1)] = labels[place]!;
    bytes.set(pictures[place]!.data, i * (size + 1) + 1);
  });
  return sha256(bytes);
}

/**
 * SHA-256, hex.
 *
 * @throws FerlabError `device` in a page that came over plain HTTP from another machine: browsers hash in secure pages alone.
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) {
    throw new FerlabError(
      'device',
      'teach: expected a page of localhost or over HTTPS, found one over HTTP from another machine, where browsers neither ' +
        'hash nor open the camera. Open it over HTTPS, or start the studio on this machine.',
    );
  }
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
