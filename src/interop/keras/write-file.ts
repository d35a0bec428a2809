// Writes a `.keras` file: a stored zip of metadata.json, config.json and model.weights.h5, as Keras's saving_lib.py reads it.

import { strToU8, zipSync } from 'fflate';
import type { Hdf5Group } from '../hdf5/content.js';
import { writeHdf5 } from '../hdf5/write-hdf5.js';
import { snakeCase } from './weights.js';
import type { WrittenLayer } from './write-layers.js';

/** Whose form the files have. */
const kerasVersion = '3.15.1';

/** A layer, or the whole, as Keras describes it. */
function described(
  module: string,
  className: string,
  config: unknown,
  more: Record<string, unknown> = {},
): object {
  return { module, class_name: className, config, registered_name: null, ...more };
}

/** The description of a functional model. */
export function describeModel(layers: readonly WrittenLayer[], output: string): object {
  const shapes = new Map(layers.map(({ name, shape }) => [name, shape]));
  const tensor = (name: string): object => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, ...shapes.get(name)!], dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const entries = layers.map(({ className, name, config, inputs }) => {
    const tensors = inputs.map(tensor);
    const args = tensors.length > 1 ? [tensors] : tensors;
    return described('keras.layers', className, config, {
      name,
      inbound_nodes: inputs.length === 0 ? [] : [{ args, kwargs: {} }],
    });
  });
  return described('keras.src.models.functional', 'Functional', {
    name: 'ferlab',
    trainable: true,
    layers: entries,
    input_layers: [layers[0]!.name, 0, 0],
    output_layers: [output, 0, 0],
  });
}

/** The groups of weights: by class and order, with the layer's own name beside. */
function weightGroups(layers: readonly WrittenLayer[]): Hdf5Group {
  const used = new Map<string, number>();
  const groups: Record<string, Hdf5Group> = {};
  for (const { className, name, weights } of layers) {
    const base = snakeCase(className);
    const count = used.get(base) ?? 0;
    used.set(base, count + 1);
    const tensors = Object.fromEntries(weights.map((tensor, i) => [String(i), tensor]));
    groups[count === 0 ? base : `${base}_${count}`] = { groups: { vars: { attributes: { name }, tensors } } };
  }
  return { groups: { layers: { groups }, vars: { attributes: { name: 'ferlab' } } } };
}

/**
 * The bytes of the file.
 *
 * @param own what ferlab wants to find in it again; Keras leaves it alone.
 */
export async function writeKerasFile(
  layers: readonly WrittenLayer[],
  output: string,
  own: object,
): Promise<Uint8Array> {
  const entries = {
    'metadata.json': strToU8(JSON.stringify({ keras_version: kerasVersion })),
    'config.json': strToU8(JSON.stringify(describeModel(layers, output))),
    'model.weights.h5': await writeHdf5(weightGroups(layers)),
    'ferlab.json': strToU8(JSON.stringify(own)),
  };
  // A fixed time, so that the same model gives the same zip.
  return zipSync(entries, { level: 0, mtime: new Date(1980, 0, 1) });
}
