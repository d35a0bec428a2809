// Our model files as Keras's, and such files back as ours.

import type { Network, Tensors, Weights } from '../engine/compile/network.js';
import type { DescribedNode } from '../engine/nn/described.js';
import { storedTensors } from '../engine/onnx/edit.js';
import { ShapeError, sameShape } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { createNetwork } from '../models/create.js';
import { describeLayer } from '../models/describe.js';
import { classifierBytes } from '../models/model-bytes.js';
import { decodeMetadata, encodeMetadata, type ModelMetadata } from '../predict/metadata.js';
import { parseModelFile } from '../predict/parse-model.js';
import { withHalfPrecision, withTemperature } from '../predict/rewrite.js';
import { storedNetwork } from '../train/config/stored-network.js';
import { programVersion } from '../version.js';
import { isObject } from './keras/config.js';
import { convertKeras } from './keras/convert.js';
import type { KerasFile } from './keras/read-file.js';
import { describeModel, writeKerasFile } from './keras/write-file.js';
import { LayerWriter } from './keras/write-layers.js';

function refuse(where: string, problem: string): FerlabError {
  return new FerlabError(
    'model',
    `${where}: expected a network that Keras can have; ${problem}. Use the .onnx file itself: ONNX Runtime opens it from Python.`,
  );
}

/** The network of a model file, without its weights. @throws FerlabError `model` where the file doesn't describe one. */
function networkOf(metadata: ModelMetadata, where: string): Network {
  const { model, augment } = metadata.training;
  const config = storedNetwork(model);
  if (config === null) {
    const name = isObject(model) ? String(model.name) : 'none';
    throw refuse(where, `its file names ${JSON.stringify(name.slice(0, 40))}, which isn't built here`);
  }
  const crop = isObject(augment) && typeof augment.crop === 'number' ? augment.crop : null;
  const { width, height } = metadata.input;
  return createNetwork(config, { width, height }, metadata.classes.length, crop);
}

/** The whole network on raw pixels as described layers; null where one has no description. */
function describeNetwork(network: Network): DescribedNode[] | null {
  const { inputShape, imageShape = inputShape, preprocessing, layer } = network;
  const nodes: DescribedNode[] = [];
  const before = (name: string, described: DescribedNode['layer']): void => {
    nodes.push({ name, from: [nodes.at(-1)?.name ?? 'input'], layer: described });
  };
  const [rows, columns] = [1, 2].map((axis) => (imageShape[axis]! - inputShape[axis]!) / 2) as [
    number,
    number,
  ];
  if (rows > 0 || columns > 0) before('centre', { kind: 'crop', sides: [rows, columns, rows, columns] });
  const { scale, offset } = preprocessing;
  if (scale !== 1 || offset !== 0) before('rescaling', { kind: 'scale', scale: [scale], offset: [offset] });
  const rest = describeLayer(layer, nodes.at(-1)?.name ?? 'input');
  return rest === null ? null : [...nodes, ...rest];
}

/** Weights by the names of the network's layers. @throws FerlabError `model` where one is missing or of another shape. */
function weightsOf(network: Network, tensors: Tensors, where: string): Weights {
  const specs = network.layer.describe(network.inputShape);
  const choose = (kind: 'parameters' | 'state'): Tensors =>
    Object.fromEntries(
      Object.entries(specs[kind]).map(([path, { shape }]) => {
        const found = tensors[`${kind}/${path}`];
        if (found !== undefined && sameShape(found.type.shape, shape)) return [path, found];
        throw refuse(where, `it lacks the weights ${path} of [${shape.join(', ')}]`);
      }),
    );
  return { parameters: choose('parameters'), state: choose('state') };
}

function written(
  network: Network,
  weights: Weights,
  metadata: ModelMetadata,
  where: string,
): { writer: LayerWriter; output: string } {
  const nodes = describeNetwork(network);
  if (nodes === null)
    throw refuse(where, 'its network has locally connected layers, which Keras 3 has no longer');
  const writer = new LayerWriter(where, weights, network.imageShape ?? network.inputShape);
  const logits = writer.take(nodes);
  return { writer, output: writer.finish(logits, metadata.calibration?.temperature ?? null) };
}

/**
 * A model file of ours in the form of Keras 3 (`.keras`). Scaling, the centre that the network sees, and the temperature
 * are layers; the probabilities are the same within rounding.
 *
 * @param where names the file in messages.
 * @throws FerlabError `model` for networks that Keras can't have.
 */
export async function exportKeras(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  const { model, metadata } = parseModelFile(bytes, where);
  try {
    const network = networkOf(metadata, where);
    const { writer, output } = written(
      network,
      weightsOf(network, storedTensors(model), where),
      metadata,
      where,
    );
    return await writeKerasFile(writer.layers, output, encodeMetadata(metadata));
  } catch (error) {
    if (error instanceof ShapeError) throw refuse(where, error.message);
    throw error;
  }
}

/** What `ferlab.json` holds, where it holds what exportKeras writes. */
export function ownMetadata({ own }: KerasFile): ModelMetadata | null {
  if (!isObject(own) || !Object.values(own).every((value) => typeof value === 'string')) return null;
  const decoded = decodeMetadata(own as Record<string, string>);
  return 'metadata' in decoded ? decoded.metadata : null;
}

/**
 * The model file that a Keras file was made of, where nothing but weights has changed since; null where its layers are
 * others.
 */
export function restoreOwn(file: KerasFile, metadata: ModelMetadata): Uint8Array | null {
  const { where } = file.origin;
  try {
    const network = networkOf(metadata, where);
    const { weights } = convertKeras(file.model, file.weights, file.origin, { scaling: null });
    const named = {
      ...Object.fromEntries(
        Object.entries(weights.parameters).map(([path, tensor]) => [`parameters/${path}`, tensor]),
      ),
      ...Object.fromEntries(Object.entries(weights.state).map(([path, tensor]) => [`state/${path}`, tensor])),
    };
    const own = weightsOf(network, named, where);
    const { writer, output } = written(network, own, metadata, where);
    if (JSON.stringify(describeModel(writer.layers, output)) !== JSON.stringify(file.description))
      return null;
    const { calibration, weights: precision, ...plain } = metadata;
    const bytes = classifierBytes(
      network,
      own,
      encodeMetadata({ ...plain, version: programVersion }),
      programVersion,
    );
    const halved = precision === 'float16' ? withHalfPrecision(bytes, where) : bytes;
    return calibration === undefined ? halved : withTemperature(halved, where, calibration);
  } catch (error) {
    if (error instanceof FerlabError || error instanceof ShapeError) return null;
    throw error;
  }
}
