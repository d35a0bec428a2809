// A whole model file, to change it or to take its weights over.

import { type ModelProto, parseModel } from '../engine/onnx/model.js';
import { checkModelFile } from './check-model.js';
import type { ModelMetadata } from './metadata.js';
import { damagedModel, firstLine } from './model-file.js';

/** Checks a model file and parses it; throws as checkModelFile does. */
export function parseModelFile(
  bytes: Uint8Array,
  where: string,
): { model: ModelProto; metadata: ModelMetadata } {
  const metadata = checkModelFile(bytes, where);
  try {
    return { model: parseModel(bytes), metadata };
  } catch (error) {
    throw damagedModel(where, `it can't be parsed (${firstLine(error)})`, error);
  }
}
