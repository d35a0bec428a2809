// Checks a model file before the runtime sees it, without the schema of ONNX.

import { checkGraph, type ModelOutline } from '../engine/onnx/check.js';
import type { ModelMetadata } from './metadata.js';
import { damagedModel, firstLine, readModelMetadata } from './model-file.js';

/**
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are not a whole file, not one of this project's, or where their graph may do
 *   harm or isn't what the metadata says.
 */
export function checkModelFile(bytes: Uint8Array, where: string): ModelMetadata {
  const metadata = readModelMetadata(bytes, where);
  let checked: ReturnType<typeof checkGraph>;
  try {
    checked = checkGraph(bytes);
  } catch (error) {
    throw damagedModel(where, `it can't be parsed (${firstLine(error)})`, error);
  }
  const problem = 'problem' in checked ? checked.problem : shapeProblem(checked.outline, metadata);
  if (problem !== null) throw damagedModel(where, problem);
  return metadata;
}

/** Whether the graph takes images of the size and gives as many scores as the metadata says. */
function shapeProblem(
  { inputs, outputs }: ModelOutline,
  { input, classes, uncertain }: ModelMetadata,
): string | null {
  const pixels = inputs.pixels?.slice(1).join(' x ');
  const expected = [1, input.height, input.width].join(' x ');
  if (pixels !== expected) return `its images are ${pixels ?? 'missing'}, its metadata says ${expected}`;
  for (const name of ['logits', 'probabilities']) {
    const found = outputs[name]?.slice(1).join(' x ');
    if (found !== String(classes.length))
      return `its ${name} are ${found ?? 'missing'}, its metadata names ${classes.length} classes`;
  }
  const unsure = outputs.uncertain?.slice(1).join(' x ');
  if (uncertain !== undefined && unsure !== '1')
    return `its uncertain is ${unsure ?? 'missing'}, its metadata says 1`;
  return null;
}
