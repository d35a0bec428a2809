// Finds the weights of a layer in a Keras file: by the layer's class and its place among those of the class (the `.keras`
// form, `src/saving/saving_lib.py`), or by names (the `.h5` form, `src/legacy/saving/legacy_h5_format.py`).

import type { Hdf5Attribute, Hdf5Content, Hdf5Tensor } from '../hdf5/content.js';
import type { KerasLayer, KerasModel } from './config.js';

/** A tensor of a layer; `name` is `kernel`, `moving_mean` and so on, '' where the file has only an order. */
export interface KerasWeight {
  readonly name: string;
  readonly tensor: Hdf5Tensor;
}

/** Where the layers of one network have their weights. */
export interface LayerWeights {
  /** Of a layer, in the order in which Keras keeps them. */
  of(layer: KerasLayer): KerasWeight[];
  /** The weights of a network that is a layer of this one. */
  within(layer: KerasLayer & { model: KerasModel }): LayerWeights;
}

/** Keras's `naming.to_snake_case`. */
export function snakeCase(className: string): string {
  return className
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** The groups of a network's layers: `conv2d`, `conv2d_1`, ... in their order. */
function groupNames(layers: readonly KerasLayer[]): Map<KerasLayer, string> {
  const used = new Map<string, number>();
  return new Map(
    layers.map((layer) => {
      const name = snakeCase(layer.className === 'Model' ? 'Functional' : layer.className);
      const count = used.get(name) ?? 0;
      used.set(name, count + 1);
      return [layer, count === 0 ? name : `${name}_${count}`];
    }),
  );
}

/** Weights of the form `.keras`. @param prefix of the network's groups: '' or `layers/functional/`. */
export function storedByClass(content: Hdf5Content, model: KerasModel, prefix = ''): LayerWeights {
  const has = (path: string): boolean =>
    [...content.tensors.keys()].some((key) => key.startsWith(path)) ||
    [...content.attributes.keys()].some((key) => key.startsWith(path));
  const old = `${prefix}_layer_checkpoint_dependencies/`;
  const root = has(old) ? old : `${prefix}layers/`;
  const names = groupNames(model.layers);
  // Files of later versions tell the layer's own name, which is surer than its place.
  const byName = new Map<string, string>();
  for (const group of names.values()) {
    const own = content.attributes.get(`${root}${group}/vars`)?.get('name');
    if (typeof own === 'string') byName.set(own, group);
  }
  const groupOf = (layer: KerasLayer): string => byName.get(layer.name) ?? names.get(layer)!;
  return {
    of(layer) {
      const found: KerasWeight[] = [];
      for (let i = 0; ; i++) {
        const tensor = content.tensors.get(`${root}${groupOf(layer)}/vars/${i}`);
        if (tensor === undefined) return found;
        found.push({ name: '', tensor });
      }
    },
    within: (layer) => storedByClass(content, layer.model, `${root}${groupOf(layer)}/`),
  };
}

const textsOf = (value: Hdf5Attribute | undefined): string[] =>
  Array.isArray(value)
    ? value.filter((part): part is string => typeof part === 'string')
    : typeof value === 'string'
      ? [value]
      : [];

/** A list of names, which is split where it is longer than an attribute may be: `weight_names0`, `weight_names1`. */
function nameList(attributes: ReadonlyMap<string, Hdf5Attribute> | undefined, name: string): string[] {
  if (attributes === undefined) return [];
  if (attributes.has(name)) return textsOf(attributes.get(name));
  const parts: string[] = [];
  for (let i = 0; attributes.has(`${name}${i}`); i++) parts.push(...textsOf(attributes.get(`${name}${i}`)));
  return parts;
}

interface Named {
  path: string;
  tensor: Hdf5Tensor;
}

const lastName = (path: string): string => path.split('/').at(-1)!.replace(/:\d+$/, '');

/** Weights of the form `.h5`. @param root of the groups: `model_weights`. */
export function storedByName(content: Hdf5Content, root: string): LayerWeights {
  const listOf = (layer: string): Named[] => {
    const group = `${root}/${layer}`;
    return nameList(content.attributes.get(group), 'weight_names').flatMap((name) => {
      const tensor = content.tensors.get(`${group}/${name}`);
      return tensor === undefined ? [] : [{ path: name, tensor }];
    });
  };
  return named(
    (layer) => listOf(layer.name),
    (layer) => listOf(layer.name),
  );
}

function named(
  ofLayer: (layer: KerasLayer) => Named[],
  ofModel: (layer: KerasLayer) => Named[],
): LayerWeights {
  return {
    of: (layer) => ofLayer(layer).map(({ path, tensor }) => ({ name: lastName(path), tensor })),
    within: (layer) => withinList(ofModel(layer)),
  };
}

/**
 * The weights of a network within another: one list, all that are trained before the statistics, each with a path that holds
 * its layer's name.
 */
function withinList(list: readonly Named[]): LayerWeights {
  const parts = (path: string): string[] => path.split('/').slice(0, -1);
  // Keras 2 made names unique by a suffix where a layer was built twice: conv2d_1_1/kernel:0.
  const holds = (path: string, name: string): boolean => parts(path).includes(name);
  const loosely = (path: string, name: string): boolean =>
    parts(path).some((part) => part.replace(/_\d+$/, '') === name);
  const of = (layer: KerasLayer): Named[] => {
    const exact = list.filter(({ path }) => holds(path, layer.name));
    return exact.length > 0 ? exact : list.filter(({ path }) => loosely(path, layer.name));
  };
  const inner = (layer: KerasLayer): Named[] => {
    const names = new Set(layer.model?.layers.map(({ name }) => name));
    const own = of(layer);
    return own.length > 0 ? own : list.filter(({ path }) => parts(path).some((part) => names.has(part)));
  };
  return named(of, inner);
}

export const layerNames = (content: Hdf5Content, root: string): string[] =>
  nameList(content.attributes.get(root), 'layer_names');
