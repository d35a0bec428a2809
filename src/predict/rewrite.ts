// New model files from old ones: calibrated, or with weights in half precision. Every runtime then gives what the file
// says; nothing is left for its reader to do. Files of earlier versions get the forms that OpenCV reads, too. The same bytes
// and settings give the same bytes.

import { divideValue, editMetadata, serializeModel, storeAsFloat16 } from '../engine/onnx/edit.js';
import { rewriteForInterchange } from '../engine/onnx/interchange.js';
import { denseEnd } from '../engine/onnx/last-layer.js';
import { addSigmoidOutput, exposeValue } from '../engine/onnx/linear-head.js';
import type { ModelProto } from '../engine/onnx/model.js';
import { FerlabError } from '../errors.js';
import { encodeMetadata, type ModelCalibration, metadataKey, type UncertainRule } from './metadata.js';
import { parseModelFile } from './parse-model.js';

/** The scalar of the graph that holds the temperature. */
const temperatureName = 'temperature';

/** Fewer values than this aren't worth a node: biases and statistics stay exact. */
const fewestHalved = 1024;

/**
 * A model file whose graph divides its logits by a temperature (Guo et al. 2017), so that `logits` and `probabilities`
 * are both calibrated. An earlier temperature of the file is replaced, not combined.
 *
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are not a model of this project.
 */
export function withTemperature(bytes: Uint8Array, where: string, calibration: ModelCalibration): Uint8Array {
  const { model } = parseModelFile(bytes, where);
  rewriteForInterchange(model);
  divideLogits(model, where, calibration.temperature);
  editMetadata(model, encodeMetadata({ calibration }));
  return serializeModel(model);
}

/** A model file that answers as it did before it was calibrated. As withTemperature. */
export function withoutTemperature(bytes: Uint8Array, where: string): Uint8Array {
  const { model } = parseModelFile(bytes, where);
  divideLogits(model, where, 1);
  editMetadata(model, { [metadataKey('calibration')]: null });
  return serializeModel(model);
}

/**
 * A model file with its large weights stored as float16, about half as large. They become float32 again when the file
 * is opened, so that every runtime computes as before, with weights rounded to 11 significant bits.
 *
 * @throws FerlabError `model` where the bytes are not a model of this project.
 */
export function withHalfPrecision(bytes: Uint8Array, where: string): Uint8Array {
  const { model } = parseModelFile(bytes, where);
  rewriteForInterchange(model);
  storeAsFloat16(model, fewestHalved);
  editMetadata(model, encodeMetadata({ weights: 'float16' }));
  return serializeModel(model);
}

/** The output that says how probable it is that an image shows nothing that the model can judge. */
const uncertainName = 'uncertain';

/**
 * A model file that gives what its last layer sees, [images, features], as an output, too; its name is `features`. Null where
 * the last layer isn't linear.
 *
 * @throws FerlabError `model` where the bytes are not a model of this project.
 */
export function withFeatures(
  bytes: Uint8Array,
  where: string,
): { bytes: Uint8Array; features: string } | null {
  const { model } = parseModelFile(bytes, where);
  const features = denseEnd(model, 'logits')?.input ?? null;
  if (features === null) return null;
  exposeValue(model, features);
  return { bytes: serializeModel(model), features };
}

/**
 * A model file with the output `uncertain` [images, 1]: the sigmoid of a weighted sum of what its last layer sees. An earlier one
 * is replaced.
 *
 * @param weights [features]
 * @throws FerlabError `model` where the bytes are not a model of this project, or its last layer isn't linear.
 */
export function withUncertain(
  bytes: Uint8Array,
  where: string,
  { weights, bias }: { weights: Float32Array; bias: number },
  uncertain: UncertainRule,
): Uint8Array {
  const { model } = parseModelFile(bytes, where);
  rewriteForInterchange(model);
  const features = denseEnd(model, 'logits')?.input ?? null;
  if (features === null)
    throw new FerlabError('model', `${where}: expected a model whose last layer is linear, found another.`);
  addSigmoidOutput(model, uncertainName, features, weights, bias);
  editMetadata(model, encodeMetadata({ uncertain }));
  return serializeModel(model);
}

function divideLogits(model: ModelProto, where: string, temperature: number): void {
  try {
    divideValue(model, 'logits', temperatureName, temperature);
  } catch (error) {
    throw new FerlabError(
      'model',
      `${where}: expected a graph that computes logits; ${(error as Error).message}. ` +
        'Give the model of a run folder (last.onnx, or best.onnx).',
      { cause: error },
    );
  }
}
