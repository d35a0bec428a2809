// A model file with its graph and weights, to change it or to take weights over. Predicting doesn't need it, and does
// without the schema of ONNX, which takes its time to load.

import { type ModelProto, parseModel } from '../engine/onnx/model.js';
import type { ModelMetadata } from './metadata.js';
import { damagedModel, firstLine, readModelMetadata } from './model-file.js';

/** Parses a model file; throws as readModelMetadata does. */
export function parseModelFile(
  bytes: Uint8Array,
  where: string,
): { model: ModelProto; metadata: ModelMetadata } {
  const metadata = readModelMetadata(bytes, where);
  try {
    return { model: parseModel(bytes), metadata };
  } catch (error) {
    throw damagedModel(where, `it can't be parsed (${firstLine(error)})`, error);
  }
}
