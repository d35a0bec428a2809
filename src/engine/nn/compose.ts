// Layers made of layers: one after another, beside each other (residual sums, squeeze and excitation), and networks of
// layers with several outputs.

import type { Value } from '../ir/graph.js';
import { add, multiply } from '../ops/elementwise.js';
import { reshape } from '../ops/shaping.js';
import { type Shape, ShapeError, sameShape } from '../tensor/type.js';
import type { DescribedLayer } from './described.js';
import {
  type ApplyContext,
  below,
  type Layer,
  type LayerSpecs,
  prefixed,
  type Specs,
  type Values,
} from './layer.js';
import { dense, globalAveragePooling2d, relu, sigmoid } from './layers.js';

/** Layers applied one after another; names are the first part of their parameters' paths. */
export function sequential(layers: Readonly<Record<string, Layer>>): Layer {
  return {
    form: { kind: 'sequence', layers },
    describe(inputShape): LayerSpecs {
      let shape = inputShape;
      let multiplyAdds = 0;
      const parameters: Record<string, Specs[string]> = {};
      const state: Record<string, Specs[string]> = {};
      for (const [name, layer] of Object.entries(layers)) {
        const specs = layer.describe(shape);
        Object.assign(parameters, prefixed(specs.parameters, name));
        Object.assign(state, prefixed(specs.state, name));
        shape = specs.outputShape;
        multiplyAdds += specs.multiplyAdds;
      }
      return { parameters, state, outputShape: shape, multiplyAdds };
    },
    apply(context, parameters, state, x) {
      let output = x;
      const newState: Record<string, Value> = {};
      for (const [name, layer] of Object.entries(layers)) {
        const applied = layer.apply(context, below(parameters, name), below(state, name), output);
        output = applied.output;
        Object.assign(newState, prefixed(applied.state, name));
      }
      return { output, state: newState };
    },
  };
}

/** Two layers on one input, their outputs put together; the names are the first part of their paths. */
export function parallel(
  names: readonly [string, string],
  [left, right]: readonly [Layer, Layer],
  outputShape: (left: Shape, right: Shape) => Shape,
  combine: (left: Value, right: Value) => Value,
  join?: DescribedLayer,
): Layer {
  return {
    ...(join === undefined ? {} : { form: { kind: 'branches', names, layers: [left, right], join } }),
    describe(inputShape): LayerSpecs {
      const [a, b] = [left.describe(inputShape), right.describe(inputShape)];
      return {
        parameters: { ...prefixed(a.parameters, names[0]), ...prefixed(b.parameters, names[1]) },
        state: { ...prefixed(a.state, names[0]), ...prefixed(b.state, names[1]) },
        outputShape: outputShape(a.outputShape, b.outputShape),
        multiplyAdds: a.multiplyAdds + b.multiplyAdds,
      };
    },
    apply(context: ApplyContext, parameters: Values, state: Values, x: Value) {
      const a = left.apply(context, below(parameters, names[0]), below(state, names[0]), x);
      const b = right.apply(context, below(parameters, names[1]), below(state, names[1]), x);
      return {
        output: combine(a.output, b.output),
        state: { ...prefixed(a.state, names[0]), ...prefixed(b.state, names[1]) },
      };
    },
  };
}

/** How several values become one. Shapes are of one example; it throws ShapeError where they don't fit. */
export interface Join {
  shape(shapes: readonly Shape[]): Shape;
  value(values: readonly Value[]): Value;
}

/** The sum of values of one shape. */
const sum: Join = {
  shape([first, ...others]) {
    for (const other of others)
      if (!sameShape(first!, other))
        throw new ShapeError(`can't add [${other.join(', ')}] to [${first!.join(', ')}].`);
    return first!;
  },
  value: (values) => values.reduce(add),
};

/** One layer of `connected`. */
export interface Connection {
  readonly layer: Layer;
  /** Whose outputs it takes; the network's own input unless given, which `input` names too. */
  readonly from?: readonly string[];
  /** How several become the layer's input; their sum unless given. */
  readonly join?: Join;
}

/**
 * Layers that read each other's outputs; names are the first part of their parameters' paths, and each names only layers
 * before it. What the network gives are the outputs of the layers named in `outputs`, by name.
 */
export function connected(
  connections: Readonly<Record<string, Connection>>,
  outputs: readonly [string, ...string[]],
): Layer {
  const sources = <T>(known: ReadonlyMap<string, T>, { from }: Connection, input: T): T[] =>
    from === undefined
      ? [input]
      : from.map((name) => (name === 'input' && !known.has(name) ? input : find(known, name)));
  return {
    describe(inputShape): LayerSpecs {
      const shapes = new Map<string, Shape>();
      let multiplyAdds = 0;
      const parameters: Record<string, Specs[string]> = {};
      const state: Record<string, Specs[string]> = {};
      for (const [name, connection] of Object.entries(connections)) {
        const shape = joined(name, connection, sources(shapes, connection, inputShape));
        const specs = connection.layer.describe(shape);
        Object.assign(parameters, prefixed(specs.parameters, name));
        Object.assign(state, prefixed(specs.state, name));
        shapes.set(name, specs.outputShape);
        multiplyAdds += specs.multiplyAdds;
      }
      return { parameters, state, outputShape: find(shapes, outputs[0]), multiplyAdds };
    },
    apply(context, parameters, state, x) {
      const values = new Map<string, Value>();
      const newState: Record<string, Value> = {};
      for (const [name, connection] of Object.entries(connections)) {
        const input = (connection.join ?? sum).value(sources(values, connection, x));
        const applied = connection.layer.apply(context, below(parameters, name), below(state, name), input);
        values.set(name, applied.output);
        Object.assign(newState, prefixed(applied.state, name));
      }
      const given = Object.fromEntries(outputs.map((name) => [name, find(values, name)]));
      return { output: given[outputs[0]]!, outputs: given, state: newState };
    },
  };
}

function joined(name: string, { join = sum }: Connection, shapes: readonly Shape[]): Shape {
  try {
    return join.shape(shapes);
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${name}: ${error.message}`) : error;
  }
}

function find<T>(known: ReadonlyMap<string, T>, name: string): T {
  const value = known.get(name);
  if (value === undefined) throw new ShapeError(`connected: no layer before it is called ${name}.`);
  return value;
}

/** A network with an output for each of `parts`, by name, all of which read the trunk's output. Path of that: `trunk/...`. */
export function heads(trunk: Layer, parts: Readonly<Record<string, Layer>>): Layer {
  const [first, ...rest] = Object.keys(parts);
  if (first === undefined) throw new ShapeError('heads: needs at least one part.');
  const reading = Object.entries(parts).map(([name, layer]) => [name, { layer, from: ['trunk'] }] as const);
  return connected({ trunk: { layer: trunk }, ...Object.fromEntries(reading) }, [first, ...rest]);
}

/** The input unchanged. */
export const identity: Layer = {
  form: { kind: 'identity' },
  describe: (inputShape) => ({ parameters: {}, state: {}, outputShape: inputShape, multiplyAdds: 0 }),
  apply: (_context, _parameters, _state, x) => ({ output: x, state: {} }),
};

/** body(x) + shortcut(x) (He et al. 2016); paths `body/...` and `shortcut/...`. */
export function residual(body: Layer, shortcut: Layer = identity): Layer {
  return parallel(
    ['body', 'shortcut'],
    [body, shortcut],
    (a, b) => {
      if (!sameShape(a, b))
        throw new ShapeError(`residual: body gives [${a.join(', ')}], shortcut [${b.join(', ')}].`);
      return a;
    },
    add,
    { kind: 'join', how: 'add' },
  );
}

/** Scales each channel by a gate computed from the channels' means (Hu et al. 2018). */
export function squeezeExcitation(channels: number, reduction: number): Layer {
  const gate = sequential({
    pool: globalAveragePooling2d(),
    reduce: dense({ units: Math.max(1, Math.round(channels / reduction)) }),
    relu: relu(),
    expand: dense({ units: channels }),
    sigmoid: sigmoid(),
  });
  return parallel(
    ['input', 'gate'],
    [identity, gate],
    (input) => input,
    (x, weights) => multiply(x, reshape(weights, [...weights.shape, 1, 1])),
    { kind: 'join', how: 'multiply' },
  );
}
