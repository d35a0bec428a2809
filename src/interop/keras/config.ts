// The architecture in a Keras file, brought to one form: layers, and which calls of layers each call reads. Keras 2 and 3
// write it differently (`inbound_nodes` as lists, or as arguments with `keras_history`), and Sequential models say nothing
// of calls. Source: Keras's `src/models/functional.py` and `legacy/saving`; what is read is checked, since it comes from a file.

import { FerlabError } from '../../errors.js';

/** An output of a call of a layer. */
export interface TensorRef {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** One use of a layer. Numbers stand where an operator was given one. */
export interface Call {
  readonly inputs: readonly (TensorRef | number)[];
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface KerasLayer {
  readonly className: string;
  /** Where the class is defined, in files of Keras 3; '' elsewhere. */
  readonly module: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly calls: readonly Call[];
  /** The shape that it was built for, without the batch, where the file says it. */
  readonly builtFor: readonly (number | null)[] | null;
  /** What it is where it is a network itself. */
  readonly model: KerasModel | null;
}

export interface KerasModel {
  readonly name: string;
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
}

/** Names a file in messages, with the Keras that wrote it. */
export interface KerasOrigin {
  /** The path. */
  readonly where: string;
  /** As in the file: `2.15.0`; null where it doesn't say. */
  readonly version: string | null;
}

type Json = Readonly<Record<string, unknown>>;

/** Of networks within networks. */
const deepest = 8;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const kerasName = ({ version }: KerasOrigin): string =>
  version === null ? 'a Keras of unknown version' : `Keras ${version}`;

/** An error about a file: what was expected and found, which Keras wrote it, and what to do. */
export function refuse(origin: KerasOrigin, problem: string, remedy: string): FerlabError {
  return new FerlabError('model', `${origin.where} (written by ${kerasName(origin)}): ${problem} ${remedy}`);
}

function damaged(origin: KerasOrigin, what: string): FerlabError {
  return refuse(
    origin,
    `expected the description of a network; ${what}.`,
    'Save the whole model once more: model.save("model.keras").',
  );
}

const modelClasses = new Set(['Sequential', 'Functional', 'Model']);

/** Whether the file's class is a network of layers. */
const isModel = (entry: Json): boolean =>
  modelClasses.has(String(entry.class_name)) && (isObject(entry.config) || Array.isArray(entry.config));

/**
 * Reads the description of a network.
 *
 * @throws FerlabError `model` where it isn't one, or none that is made of layers.
 */
export function readKerasModel(description: unknown, origin: KerasOrigin, depth = 0): KerasModel {
  if (!isObject(description)) throw damaged(origin, 'found none');
  const className = String(description.class_name);
  if (depth > deepest) throw damaged(origin, `its networks are nested more than ${deepest} deep`);
  if (!isModel(description)) {
    throw refuse(
      origin,
      `expected a Sequential or functional model, found one of the class ${className}, whose code isn't in the file.`,
      'Build the same network as a functional model in Keras, take the weights over (set_weights), and save that.',
    );
  }
  // Keras before 2.2.3 wrote the list of a Sequential alone.
  const config: Json = Array.isArray(description.config)
    ? { layers: description.config }
    : (description.config as Json);
  if (!Array.isArray(config.layers) || config.layers.length > 10_000)
    throw damaged(origin, 'found one without layers');
  const layers = config.layers.map((entry: unknown) => readLayer(entry, origin, depth));
  const name = typeof config.name === 'string' ? config.name : className.toLowerCase();
  return className === 'Sequential'
    ? chain(name, layers)
    : {
        name,
        layers,
        inputs: refsOf(config.input_layers, origin),
        outputs: refsOf(config.output_layers, origin),
      };
}

function readLayer(entry: unknown, origin: KerasOrigin, depth: number): KerasLayer {
  if (!isObject(entry) || typeof entry.class_name !== 'string')
    throw damaged(origin, 'found a layer without a class');
  const config = isObject(entry.config) ? entry.config : {};
  const name = entry.name ?? config.name;
  if (entry.config !== undefined && !isObject(entry.config) && !isModel(entry))
    throw damaged(origin, `found a layer of the class ${entry.class_name} without settings`);
  const inbound = Array.isArray(entry.inbound_nodes) ? entry.inbound_nodes : [];
  return {
    className: entry.class_name,
    module: typeof entry.module === 'string' ? entry.module : '',
    name: typeof name === 'string' && name !== '' ? name : entry.class_name.toLowerCase(),
    config,
    calls: inbound.map((node: unknown) => readCall(node, origin)),
    builtFor: builtShape(entry, config),
    model: isModel(entry) ? readKerasModel(entry, origin, depth + 1) : null,
  };
}

/** A shape with its batch, as the file states it; without the batch. */
function builtShape(entry: Json, config: Json): (number | null)[] | null {
  const build = isObject(entry.build_config) ? entry.build_config.input_shape : undefined;
  const stated = config.batch_shape ?? config.batch_input_shape ?? config.build_input_shape ?? build;
  if (!Array.isArray(stated) || stated.length < 2 || stated.length > 6) return null;
  return stated.slice(1).map((size: unknown) => (typeof size === 'number' ? size : null));
}

/** Layers one after the other. Without an InputLayer, the first layer says what it takes. */
function chain(name: string, layers: readonly KerasLayer[]): KerasModel {
  const [first] = layers;
  const input: KerasLayer[] =
    first?.className === 'InputLayer'
      ? []
      : [
          {
            className: 'InputLayer',
            module: '',
            name: 'input of the sequence',
            config: {},
            calls: [],
            builtFor: first?.builtFor ?? null,
            model: null,
          },
        ];
  const all = [...input, ...layers];
  const ref = (layer: string): TensorRef => ({ layer, call: 0, output: 0 });
  const called = all.map((layer, i) => ({
    ...layer,
    calls: i === 0 ? [] : [{ inputs: [ref(all[i - 1]!.name)], settings: {} }],
  }));
  return { name, layers: called, inputs: [ref(all[0]!.name)], outputs: [ref(all.at(-1)!.name)] };
}

const isIndex = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

/** `["conv", 0, 0]`, or `["conv", 0, 0, {...}]`. */
function refOf(value: unknown): TensorRef | null {
  if (!Array.isArray(value)) return null;
  const [layer, call, output] = value as unknown[];
  return typeof layer === 'string' && isIndex(call) && isIndex(output) ? { layer, call, output } : null;
}

/** The ends of a network: one, a list of them, or names with them. */
function refsOf(value: unknown, origin: KerasOrigin): TensorRef[] {
  const single = refOf(value);
  if (single !== null) return [single];
  const parts = isObject(value) ? Object.values(value) : value;
  const refs = Array.isArray(parts) ? parts.map(refOf) : [];
  if (refs.length === 0 || refs.includes(null)) throw damaged(origin, 'found one without inputs or outputs');
  return refs as TensorRef[];
}

function readCall(node: unknown, origin: KerasOrigin): Call {
  if (isObject(node)) {
    const inputs: (TensorRef | number)[] = [];
    collect(node.args, inputs, 0);
    const settings = isObject(node.kwargs) ? node.kwargs : {};
    collect(Object.values(settings).filter(isObject), inputs, 0);
    return { inputs, settings };
  }
  if (!Array.isArray(node)) throw damaged(origin, 'found a layer whose inputs are not told');
  const parts: unknown[] = refOf(node) === null ? node : [node];
  const inputs: (TensorRef | number)[] = [];
  let settings: Json = {};
  for (const part of parts) {
    const ref = refOf(part);
    if (ref === null) throw damaged(origin, 'found a layer whose inputs are not told');
    inputs.push(ref);
    const given: unknown = (part as unknown[])[3];
    if (!isObject(given)) continue;
    settings = { ...settings, ...given };
    // An operator on a number or on another tensor: {"y": 255.0}, {"y": ["conv", 0, 0]}.
    if (typeof given.y === 'number') inputs.push(given.y);
    const other = refOf(given.y);
    if (other !== null) inputs.push(other);
  }
  return { inputs, settings };
}

/** Tensors and numbers among the arguments of Keras 3, in order. */
function collect(value: unknown, found: (TensorRef | number)[], depth: number): void {
  if (depth > 4) return;
  if (typeof value === 'number') found.push(value);
  else if (Array.isArray(value)) for (const part of value) collect(part, found, depth + 1);
  else if (isObject(value) && isObject(value.config)) {
    const ref = refOf(value.config.keras_history);
    if (ref !== null) found.push(ref);
  }
}
