// A model file with its graph and weights, to check it before the runtime sees it, to change it or to take weights over.
// Predicting by the bundled model does without the schema of ONNX, which takes its time to load.

import { graphProblem } from '../engine/onnx/check.js';
import { declaredShapes, type ModelProto, parseModel } from '../engine/onnx/model.js';
import type { ModelMetadata } from './metadata.js';
import { damagedModel, firstLine, readModelMetadata } from './model-file.js';

/** Parses a model file and checks its graph; throws as readModelMetadata does. */
export function parseModelFile(
  bytes: Uint8Array,
  where: string,
): { model: ModelProto; metadata: ModelMetadata } {
  const metadata = readModelMetadata(bytes, where);
  let model: ModelProto;
  try {
    model = parseModel(bytes);
  } catch (error) {
    throw damagedModel(where, `it can't be parsed (${firstLine(error)})`, error);
  }
  const problem = graphProblem(model) ?? shapeProblem(model, metadata);
  if (problem !== null) throw damagedModel(where, problem);
  return { model, metadata };
}

/** Whether the graph takes images of the size and gives as many scores as the metadata says. */
function shapeProblem(model: ModelProto, { input, classes }: ModelMetadata): string | null {
  const { inputs, outputs } = declaredShapes(model);
  const pixels = inputs.pixels?.slice(1).join(' x ');
  const expected = [1, input.height, input.width].join(' x ');
  if (pixels !== expected) return `its images are ${pixels ?? 'missing'}, its metadata says ${expected}`;
  for (const name of ['logits', 'probabilities']) {
    const found = outputs[name]?.slice(1).join(' x ');
    if (found !== String(classes.length))
      return `its ${name} are ${found ?? 'missing'}, its metadata names ${classes.length} classes`;
  }
  return null;
}
