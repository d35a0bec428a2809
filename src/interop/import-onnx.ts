// An ONNX file of another program as a model file of ours: for predicting alone, since its graph isn't made of our layers.

import { basename } from 'node:path';
import { checkGraph } from '../engine/onnx/check.js';
import { defaultFaceCrop } from '../faces/crop.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from '../predict/metadata.js';
import { loadModelFromBytes } from '../predict/model.js';
import { programVersion } from '../version.js';
import { checkClasses, type Imported, originNote } from './import-keras.js';
import { type OnnxFile, refuseOnnx } from './onnx/read-onnx.js';
import { onnxClasses, onnxInput, wrapOnnx } from './onnx/wrap-onnx.js';
import type { Scaling } from './scaling.js';

/**
 * Wraps the graph, and tries it.
 *
 * @param size of its images, where the file leaves it open.
 * @throws FerlabError `usage` for a wrong number of classes; `model` for graphs that can't be taken.
 */
export async function encodeOnnx(
  file: OnnxFile,
  classes: readonly string[],
  scaling: Scaling,
  size?: { width: number; height: number },
): Promise<Imported> {
  const { where, source } = file;
  const input = onnxInput(file, size);
  const said = onnxClasses(file);
  if (said !== null) checkClasses(where, classes, said);
  const name = basename(where);
  const metadata: ModelMetadata = {
    format: modelFormat,
    version: programVersion,
    task: 'classify',
    classes: [...classes],
    input: { width: input.width, height: input.height, channels: 1, range: [0, 255] },
    training: { model: { name: 'onnx' }, imported: { file: name, source, scaling } },
    dataset: { name: 'unknown', counts: {}, fingerprints: {} },
    metrics: {},
    notes: [originNote(name, source)],
    crop: defaultFaceCrop,
  };
  const bytes = wrapOnnx(file, input, scaling, classes.length, encodeMetadata(metadata));
  const checked = checkGraph(bytes);
  if ('problem' in checked)
    throw refuseOnnx(
      where,
      `its graph can't be taken: ${checked.problem}.`,
      'Export the network for inference, with plain operators, in float32.',
    );
  await probe(bytes, metadata, where);
  return {
    bytes,
    metadata,
    notes: [
      'Of an ONNX file the graph is taken as it is: it predicts and teaches, but no training starts from it.',
    ],
  };
}

/** Whether the graph answers alike for images alone and together: one that was exported for a single image doesn't. */
async function probe(bytes: Uint8Array, { input, classes }: ModelMetadata, where: string): Promise<void> {
  const values = input.width * input.height;
  const pixels = Float32Array.from({ length: 3 * values }, (_, i) => (i * 7919) % 256);
  const fail = (problem: string): Error =>
    refuseOnnx(
      where,
      `expected a graph that takes any number of images; ${problem}.`,
      'Export it with a free batch size (PyTorch: dynamic_shapes, or dynamic_axes={"input": {0: "N"}}).',
    );
  let together: Float32Array;
  let alone: Float32Array;
  try {
    await using model = await loadModelFromBytes(bytes, { name: where, threads: 1 });
    together = await model.logits(pixels);
    alone = await model.logits(pixels.subarray(values, 2 * values));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fail(`ONNX Runtime says: ${reason.slice(0, 400)}`);
  }
  const second = together.subarray(classes.length, 2 * classes.length);
  const largest = Math.max(1, ...second.map(Math.abs));
  if (alone.some((value, i) => Math.abs(value - second[i]!) > 1e-3 * largest))
    throw fail('its answer for an image depends on the others');
}
