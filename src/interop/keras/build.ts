// Collects the nodes of an imported network and its weights while a Keras model is read, and checks that they fit.

import type { Tensors, Weights } from '../../engine/compile/network.js';
import type { DescribedLayer, DescribedNode } from '../../engine/nn/described.js';
import { floatTensor, type HostTensor } from '../../engine/tensor/array.js';
import { type Shape, ShapeError, sameShape } from '../../engine/tensor/type.js';
import { importedLayer, importedShape } from '../../models/imported.js';
import type { Hdf5Tensor } from '../hdf5/content.js';
import { type KerasOrigin, refuse } from './config.js';

/** A value on its way through the network: the node that gives it, and its shape, [features] or [C, H, W]. */
export interface Flow {
  readonly node: string;
  readonly shape: Shape;
}

/** Values of an image and a channel of one: more would not fit into memory while predicting. */
const largestValue = 64 * 2 ** 20;

export class NetworkBuilder {
  readonly nodes: DescribedNode[] = [];
  private readonly parameters: Record<string, HostTensor> = {};
  private readonly state: Record<string, HostTensor> = {};
  private readonly names = new Set(['input']);

  constructor(private readonly origin: KerasOrigin) {}

  get weights(): Weights {
    return { parameters: this.parameters as Tensors, state: this.state as Tensors };
  }

  /**
   * Adds a layer.
   *
   * @param path of the Keras layer, `backbone/conv2d`; the node's name where that is free.
   * @param tensors its weights by the names of engine/nn: `kernel`, `gamma`, `mean` and so on.
   * @throws FerlabError `model` where the layer doesn't take these inputs, or has other weights.
   */
  add(
    path: string,
    layer: DescribedLayer,
    inputs: readonly Flow[],
    tensors: Readonly<Record<string, HostTensor>> = {},
  ): Flow {
    const name = this.nameFor(path);
    let shape: Shape;
    try {
      shape = importedShape(
        layer,
        inputs.map((input) => input.shape),
      );
      if (shape.reduce((product, size) => product * size, 1) > largestValue)
        throw new ShapeError(`it would give [${shape.join(', ')}] for one image.`);
      if (layer.kind !== 'join' && layer.kind !== 'concat')
        this.takeWeights(path, name, importedLayer(layer).describe(inputs[0]!.shape), tensors);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw this.refuse(
        path,
        `can't be computed: ${error.message}`,
        'Check that the file is whole, and save it once more.',
      );
    }
    this.nodes.push({ name, from: inputs.map((input) => input.node), layer });
    return { node: name, shape };
  }

  refuse(path: string, problem: string, remedy: string): Error {
    return refuse(this.origin, `its layer ${path} ${problem}`, remedy);
  }

  private nameFor(path: string): string {
    const base = (/^\d+$/.test(path) ? `layer${path}` : path).replaceAll('.', '/');
    let name = base;
    for (let i = 2; this.names.has(name); i++) name = `${base}_${i}`;
    this.names.add(name);
    return name;
  }

  private takeWeights(
    path: string,
    name: string,
    specs: ReturnType<ReturnType<typeof importedLayer>['describe']>,
    tensors: Readonly<Record<string, HostTensor>>,
  ): void {
    for (const kind of ['parameters', 'state'] as const) {
      for (const [key, { shape }] of Object.entries(specs[kind])) {
        const found = tensors[key];
        if (found === undefined || !sameShape(found.type.shape, shape)) {
          const has = found === undefined ? 'none' : `[${found.type.shape.join(', ')}]`;
          throw this.refuse(
            path,
            `needs a ${key} of [${shape.join(', ')}]; the file has ${has}.`,
            'Its weights are another network\'s or incomplete: save the whole model once more, model.save("model.keras").',
          );
        }
        this[kind][`${name}/${key}`] = found;
      }
    }
  }
}

/** A tensor with its axes in another order. @param order of the source's axes. */
export function permuted({ shape, data }: Hdf5Tensor, order: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const target = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const index = target.map(() => 0);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = data[source]!;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      source += steps[axis]!;
      if (index[axis]! < target[axis]!) break;
      source -= steps[axis]! * target[axis]!;
      index[axis] = 0;
    }
  }
  return floatTensor(target, result);
}

export const reshaped = ({ data }: Hdf5Tensor, shape: Shape): HostTensor => floatTensor(shape, data);

export const filled = (length: number, value: number): HostTensor =>
  floatTensor([length], new Float32Array(length).fill(value));
