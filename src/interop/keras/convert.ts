// A Keras model as a network of ours: its description, its weights, and what had to be decided on the way.

import { takesImagesOf, type Weights } from '../../engine/compile/network.js';
import type { DescribedNode } from '../../engine/nn/described.js';
import { FerlabError } from '../../errors.js';
import { type ImportedModel, importedClassifier, importedNetwork } from '../../models/imported.js';
import { type Scaling, scalingLayers } from '../scaling.js';
import { type Flow, NetworkBuilder } from './build.js';
import {
  type Call,
  type KerasLayer,
  type KerasModel,
  type KerasOrigin,
  kerasName,
  refuse,
  type TensorRef,
} from './config.js';
import { operatorReader } from './join-layers.js';
import { LayerContext } from './layer-context.js';
import { isTrainingOnly, layerReaders } from './layers.js';
import type { LayerWeights } from './weights.js';

export interface KerasNetwork {
  model: ImportedModel;
  weights: Weights;
  classes: number;
  /** Whether the network scales its pixels itself: by a layer that says so. */
  scalesItself: boolean;
  /** What people should know: layers that were left out. */
  notes: string[];
}

export interface ConvertOptions {
  /** What is done to pixels from 0 to 255 first; null where the network does it, or for finding out whether it does. */
  scaling: Scaling | null;
  /** Of images, where the file leaves it open. */
  size?: { width: number; height: number } | undefined;
}

/** A refused layer names what to do instead. */
const remedy =
  'Build the network without it in Keras, take the weights over (set_weights) and save that; or export the model to ONNX ' +
  '(model.export("model.onnx", format="onnx")) and import that.';

/** Values of a network as they are asked for; each call of a layer is read once. */
class Reader {
  private readonly known = new Map<string, Flow[]>();
  private readonly open = new Set<string>();
  private readonly layers: ReadonlyMap<string, KerasLayer>;

  constructor(
    private readonly shared: {
      builder: NetworkBuilder;
      origin: KerasOrigin;
      notes: Set<string>;
      used: Set<KerasLayer>;
    },
    private readonly model: KerasModel,
    private readonly weights: LayerWeights,
    private readonly prefix: string,
    inputs: readonly Flow[],
  ) {
    this.layers = new Map(model.layers.map((layer) => [layer.name, layer]));
    model.inputs.forEach(({ layer }, i) => {
      const flow = inputs[i];
      if (flow !== undefined) this.known.set(`${layer} 0`, [flow]);
    });
  }

  outputs(): Flow[] {
    return this.model.outputs.map((ref) => this.value(ref));
  }

  private value(ref: TensorRef): Flow {
    const layer = this.layers.get(ref.layer);
    if (layer === undefined) throw this.fail(ref.layer, 'is named as an input, but not in the file');
    const index = layer.calls.length === 0 ? 0 : callIndex(layer, ref);
    const key = `${layer.name} ${index}`;
    const known = this.known.get(key);
    if (known === undefined) {
      if (this.open.has(key)) throw this.fail(layer.name, 'reads its own output');
      if (this.open.size > 2000) throw this.fail(layer.name, 'is at the end of more than 2000 layers');
      this.open.add(key);
      this.known.set(key, this.read(layer, layer.calls[index]));
      this.open.delete(key);
    }
    const flow = this.known.get(key)![ref.output];
    if (flow === undefined) throw this.fail(layer.name, `has no output ${ref.output}`);
    return flow;
  }

  private read(layer: KerasLayer, call: Call | undefined): Flow[] {
    if (call === undefined) throw this.fail(layer.name, `(${layer.className}) has no input`);
    const { builder, origin, notes, used } = this.shared;
    const operands = call.inputs.map((input) => (typeof input === 'number' ? input : this.value(input)));
    const inputs = operands.filter((operand): operand is Flow => typeof operand !== 'number');
    const path = this.prefix + layer.name;
    if (layer.model !== null) {
      this.checkOnce(layer, path);
      const inner = layer as KerasLayer & { model: KerasModel };
      const reader = new Reader(this.shared, inner.model, this.weights.within(inner), `${path}/`, inputs);
      return reader.outputs();
    }
    const weights = this.weights.of(layer);
    if (weights.length > 0) this.checkOnce(layer, path);
    used.add(layer);
    const context = new LayerContext(builder, origin, layer, path, inputs, operands, weights, call.settings);
    const operator = operatorReader(context);
    const reader = operator === null ? layerReaders.get(layer.className) : operator;
    if (reader === undefined) throw this.unknown(layer, path);
    if (isTrainingOnly(layer.className))
      notes.add(`${path} (${layer.className}) works in training alone, and is left out.`);
    return [reader(context)];
  }

  /** Layers with weights that are used in several places would need these weights in several places. */
  private checkOnce(layer: KerasLayer, path: string): void {
    if (this.shared.used.has(layer))
      throw this.fail(
        path,
        `(${layer.className}) is used in several places, which ferlab's networks can't do`,
      );
    this.shared.used.add(layer);
  }

  private unknown(layer: KerasLayer, path: string): FerlabError {
    const own = layer.className === 'Lambda' || layer.className.includes('>');
    const why = own
      ? `is a ${layer.className}: code of its own, which isn't run`
      : `is of the class ${layer.className}, which ferlab doesn't know`;
    return refuse(this.shared.origin, `its layer ${path} ${why}.`, remedy);
  }

  private fail(path: string, problem: string): FerlabError {
    return refuse(this.shared.origin, `its layer ${path} ${problem}.`, remedy);
  }
}

/** References count a network's calls from 1 in files of Keras 2, where building it was the call 0. */
function callIndex(layer: KerasLayer, { call }: TensorRef): number {
  if (layer.calls.length === 1) return 0;
  return call < layer.calls.length ? call : call - 1;
}

/** The shape of the one image that the network takes, as Keras has it: height, width, channels. */
function imageShape(
  model: KerasModel,
  origin: KerasOrigin,
  size: ConvertOptions['size'],
): [number, number, 1 | 3] {
  const [ref, ...others] = model.inputs;
  if (ref === undefined || others.length > 0)
    throw refuse(
      origin,
      `expected a network with one input, found ${model.inputs.length}.`,
      'Build one that takes an image alone in Keras, and save that.',
    );
  const layer = model.layers.find(({ name }) => name === ref.layer);
  const inner = layer?.model?.layers.find(({ name }) => name === layer.model!.inputs[0]!.layer);
  const shape = layer?.builtFor ?? inner?.builtFor ?? model.layers[1]?.builtFor ?? null;
  if (shape?.length !== 3 || (shape[2] !== 1 && shape[2] !== 3)) {
    const found = shape === null ? 'no shape' : `[${shape.map((part) => part ?? 'any').join(', ')}]`;
    throw refuse(
      origin,
      `expected images of height, width and 1 or 3 channels (channels_last) as its input, found ${found}.`,
      'Give a model for single images, built with an input shape.',
    );
  }
  const [height, width] = [shape[0] ?? size?.height, shape[1] ?? size?.width];
  if (!height || !width)
    throw new FerlabError(
      'usage',
      `${origin.where}: expected the size of its images, which the file leaves open; got none. Add --size WIDTHxHEIGHT.`,
    );
  if (size !== undefined && (size.height !== height || size.width !== width))
    throw new FerlabError(
      'usage',
      `${origin.where}: expected its images to be of ${width}x${height}, as in the file; got --size ${size.width}x${size.height}. Leave it out.`,
    );
  if (height > 1024 || width > 1024)
    throw refuse(
      origin,
      `expected images of at most 1024 pixels a side, found ${width}x${height}.`,
      'ferlab recognises faces, which need no more.',
    );
  return [height, width, shape[2]];
}

/** Nodes that the last one needs. */
function reachable(nodes: readonly DescribedNode[], last: string): DescribedNode[] {
  const needed = new Set([last]);
  for (const node of nodes.toReversed())
    if (needed.has(node.name)) for (const name of node.from) needed.add(name);
  return nodes.filter(({ name }) => needed.has(name));
}

/** Calls the layer that knows the classes `logits`. */
function nameClassifier(
  nodes: readonly DescribedNode[],
  weights: Weights,
  classes: number,
): { nodes: DescribedNode[]; weights: Weights } {
  const knowing = nodes.findLast(
    ({ layer }) =>
      (layer.kind === 'dense' && layer.units === classes) ||
      (layer.kind === 'conv' && layer.filters === classes && layer.groups === 1),
  );
  const rename = (name: string): string =>
    name === knowing?.name
      ? importedClassifier
      : name === importedClassifier
        ? `${importedClassifier}/before`
        : name;
  const renamed = (tensors: Weights['parameters']): Weights['parameters'] =>
    Object.fromEntries(
      Object.entries(tensors).map(([path, tensor]) => {
        const cut = path.lastIndexOf('/');
        return [`${rename(path.slice(0, cut))}${path.slice(cut)}`, tensor];
      }),
    );
  return {
    nodes: nodes.map(({ name, from, layer }) => ({ name: rename(name), from: from.map(rename), layer })),
    weights: { parameters: renamed(weights.parameters), state: renamed(weights.state) },
  };
}

/**
 * Converts a model.
 *
 * @throws FerlabError `model` for what can't be taken: the layer, its class, the file's Keras, and what to do.
 */
export function convertKeras(
  model: KerasModel,
  weights: LayerWeights,
  origin: KerasOrigin,
  { scaling, size }: ConvertOptions,
): KerasNetwork {
  const [height, width, channels] = imageShape(model, origin, size);
  const builder = new NetworkBuilder(origin);
  const notes = new Set<string>();
  let flow: Flow = { node: 'input', shape: [1, height, width] };
  for (const [name, layer] of scalingLayers(scaling, channels)) flow = builder.add(name, layer, [flow]);
  const first = flow.node;
  const outputs = new Reader({ builder, origin, notes, used: new Set() }, model, weights, '', [
    flow,
  ]).outputs();
  const last = checkOutput(outputs, builder, origin);
  const classes = last.shape[0]!;
  const named = nameClassifier(reachable(builder.nodes, last.node), builder.weights, classes);
  const readers = firstLayers(builder.nodes, first);
  const description: ImportedModel = {
    name: 'imported',
    source: kerasName(origin),
    size: { width, height },
    anySize: false,
    nodes: named.nodes,
  };
  const layer = importedNetwork(description, classes);
  const network = { layer, inputShape: [1, height, width], preprocessing: { scale: 1, offset: 0 } };
  return {
    model: { ...description, anySize: takesImagesOf(network, [1, height + 8, width + 8]) },
    weights: named.weights,
    classes,
    scalesItself:
      readers.length > 0 &&
      readers.every(({ layer: { kind } }) => kind === 'scale' || kind === 'standardize'),
    notes: [...notes],
  };
}

/** Layers that first do something to the values of pixels. */
function firstLayers(nodes: readonly DescribedNode[], first: string): DescribedNode[] {
  const untouched = new Set([first]);
  const found: DescribedNode[] = [];
  for (const node of nodes) {
    if (!node.from.some((name) => untouched.has(name))) continue;
    if (['crop', 'permute', 'reshape', 'dropout', 'concat'].includes(node.layer.kind))
      untouched.add(node.name);
    else found.push(node);
  }
  return found;
}

/** The value that a softmax makes probabilities of. */
function checkOutput(outputs: readonly Flow[], builder: NetworkBuilder, origin: KerasOrigin): Flow {
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0)
    throw refuse(
      origin,
      `expected a network with one output, found ${outputs.length}.`,
      'Build one with the output for expressions alone in Keras, as Model(model.input, model.get_layer(NAME).output), and save that.',
    );
  const node = builder.nodes.find(({ name }) => name === output.node);
  const given = output.shape.join(', ');
  if (output.shape.length !== 1 || output.shape[0]! < 2)
    throw refuse(
      origin,
      `expected a network that gives a score for each of two or more classes, found [${given}].`,
      'Give a classifier of expressions.',
    );
  if (node?.layer.kind === 'softmax') return { node: node.from[0]!, shape: output.shape };
  if (node?.layer.kind === 'activation')
    throw refuse(
      origin,
      `expected a softmax at its end, found ${node.layer.name}.`,
      'Its scores are no probabilities that sum to 1: train it on with a softmax in Keras, and save that.',
    );
  return output;
}
