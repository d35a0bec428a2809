// A model file's metadata, and the error for files that are none of ours. Reading it needs neither graph nor weights.

import { readMetadataProps } from '../engine/onnx/metadata-props.js';
import { FerlabError } from '../errors.js';
import { decodeMetadata, type ModelMetadata } from './metadata.js';

/**
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are not a whole file, or not one of this project's.
 */
export function readModelMetadata(bytes: Uint8Array, where: string): ModelMetadata {
  let properties: Record<string, string>;
  try {
    properties = readMetadataProps(bytes);
  } catch (error) {
    throw damagedModel(where, `it can't be parsed (${firstLine(error)})`, error);
  }
  const decoded = decodeMetadata(properties);
  if ('problem' in decoded) throw damagedModel(where, decoded.problem);
  return decoded.metadata;
}

export function damagedModel(where: string, found: string, cause?: unknown): FerlabError {
  return new FerlabError(
    'model',
    `${where}: expected a model file written by ferlab; ${found}. Give the model of a run folder (last.onnx, or best.onnx), or train again.`,
    { cause },
  );
}

export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
