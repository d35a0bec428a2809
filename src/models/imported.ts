// A network as data: what a file of another framework becomes. Its description is stored in the model file, so that the
// network can be built again and trained further. Feature maps are [C, H, W]; "last channel" names what keeps Keras's
// order of elements, [H, W, C].

import type { Value } from '../engine/ir/graph.js';
import { activation } from '../engine/nn/activations.js';
import { type Connection, connected, identity, type Join } from '../engine/nn/compose.js';
import type { DescribedLayer, DescribedNode } from '../engine/nn/described.js';
import { type Layer, stateless } from '../engine/nn/layer.js';
import {
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPooling2d,
  prelu,
  standardizeImages,
  upSampling2d,
} from '../engine/nn/layers.js';
import {
  cropping2d,
  fixedScale,
  flattenLastChannel,
  globalPooling2d,
  permute,
  reshapeLastChannel,
  spatialDropout,
  zeroPadding2d,
} from '../engine/nn/rearranging.js';
import { add, divide, minimum, multiply, scalar, subtract } from '../engine/ops/elementwise.js';
import { softmax } from '../engine/ops/loss.js';
import { maximum } from '../engine/ops/maximum.js';
import { concat, reshape } from '../engine/ops/shaping.js';
import { broadcastShapes, type Shape, ShapeError, sameShape } from '../engine/tensor/type.js';

/** The `model` section of a network that came from a file. */
export interface ImportedModel {
  name: 'imported';
  /** What wrote the file, as people read it: `Keras 2.0.5`. */
  source: string;
  /** The images that it takes, in pixels. */
  size: { width: number; height: number };
  /** Whether its weights fit images of any size. */
  anySize: boolean;
  /** In an order in which each reads earlier ones; the last gives the logits. */
  nodes: readonly DescribedNode[];
}

const asImage = (shape: Shape): Shape => (shape.length === 1 ? [shape[0]!, 1, 1] : shape);

/** Operands that broadcast as in Keras's merging layers: a vector stands for its channels. */
const elementwise = (combine: (values: readonly Value[]) => Value): Join => {
  const mixed = (ranks: readonly number[]): boolean => new Set(ranks).size > 1;
  return {
    shape(shapes) {
      const same = mixed(shapes.map(({ length }) => length)) ? shapes.map(asImage) : shapes;
      return same.reduce(broadcastShapes);
    },
    value(values) {
      if (!mixed(values.map(({ shape }) => shape.length))) return combine(values);
      return combine(
        values.map((value) => (value.shape.length === 2 ? reshape(value, [...value.shape, 1, 1]) : value)),
      );
    },
  };
};

const joins = {
  add: (values) => values.reduce(add),
  subtract: (values) => values.reduce(subtract),
  multiply: (values) => values.reduce(multiply),
  divide: (values) => values.reduce(divide),
  average: (values) => multiply(values.reduce(add), scalar(values[0]!, 1 / values.length)),
  maximum: (values) => maximum(values as [Value, ...Value[]]),
  minimum: (values) => values.reduce(minimum),
} satisfies Record<string, (values: readonly Value[]) => Value>;

const concatenation = (axis: number): Join => ({
  shape(shapes) {
    const [first] = shapes as [Shape];
    const rest = (shape: Shape): Shape => shape.toSpliced(axis, 1);
    if (axis >= first.length || !shapes.every((shape) => sameShape(rest(shape), rest(first))))
      throw new ShapeError(`can't join ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')}.`);
    return first.toSpliced(
      axis,
      1,
      shapes.reduce((total, shape) => total + shape[axis]!, 0),
    );
  },
  value: (values) => concat(values, axis + 1),
});

/** Maxima are defined for operands of one shape only. */
const sameShapes: Join = {
  shape(shapes) {
    const [first, ...others] = shapes as [Shape, ...Shape[]];
    if (!others.every((shape) => sameShape(shape, first)))
      throw new ShapeError(
        `needs operands of one shape, got ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')}.`,
      );
    return first;
  },
  value: joins.maximum,
};

function joinOf(layer: DescribedLayer): Join | undefined {
  if (layer.kind === 'concat') return concatenation(layer.axis);
  if (layer.kind !== 'join') return undefined;
  return layer.how === 'maximum' ? sameShapes : elementwise(joins[layer.how]);
}

const channelSoftmax = (): Layer =>
  stateless(
    (shape) => {
      if (shape.length !== 1) throw new ShapeError('softmax: needs a vector.');
      return shape;
    },
    (_context, x) => softmax(x),
  );

/** The layer of a description. */
export function importedLayer(layer: DescribedLayer): Layer {
  switch (layer.kind) {
    case 'scale':
      return fixedScale(layer.scale, layer.offset);
    case 'standardize':
      return standardizeImages(layer.epsilon);
    case 'conv':
      return conv2d({ ...layer, kernelSize: layer.kernel, useBias: layer.bias });
    case 'dense':
      return dense({ units: layer.units, useBias: layer.bias });
    case 'norm':
      return batchNormalization(layer);
    case 'activation':
      return activation(layer.name, layer);
    case 'prelu':
      return prelu();
    case 'pool': {
      const options = { poolSize: layer.size, strides: layer.strides, padding: layer.padding };
      return layer.of === 'max' ? maxPooling2d(options) : averagePooling2d(options);
    }
    case 'globalPool':
      return globalPooling2d(layer.of, layer.keep);
    case 'dropout':
      return layer.channels ? spatialDropout(layer.rate) : dropout(layer.rate);
    case 'flatten':
      return layer.lastChannel ? flattenLastChannel() : flatten();
    case 'reshape':
      return reshapeLastChannel(layer.target);
    case 'permute':
      return permute(layer.order);
    case 'pad':
      return zeroPadding2d(layer.sides);
    case 'crop':
      return cropping2d(layer.sides);
    case 'enlarge':
      return upSampling2d(layer.factor);
    case 'softmax':
      return channelSoftmax();
    case 'join':
    case 'concat':
      return identity;
  }
}

/** Shape of what a node gives, of one example. Throws ShapeError where its inputs don't fit. */
export function importedShape(layer: DescribedLayer, inputs: readonly Shape[]): Shape {
  const join = joinOf(layer);
  return join ? join.shape(inputs) : importedLayer(layer).describe(inputs[0]!).outputShape;
}

/** The node that alone knows the classes: its units or filters follow them. */
export const importedClassifier = 'logits';

/** @param classes how many the network tells apart, others than those of the file maybe. */
export function importedNetwork({ nodes }: ImportedModel, classes: number): Layer {
  const connections = Object.fromEntries(
    nodes.map(({ name, from, layer }): [string, Connection] => {
      const join = joinOf(layer);
      return [
        name,
        { layer: importedLayer(withClasses(name, layer, classes)), from, ...(join ? { join } : {}) },
      ];
    }),
  );
  const whole = connected(connections, [nodes.at(-1)!.name]);
  const described = nodes.map((node) => ({ ...node, layer: withClasses(node.name, node.layer, classes) }));
  return {
    form: { kind: 'nodes', nodes: described },
    describe: (inputShape) => {
      const specs = whole.describe(inputShape);
      if (specs.outputShape.length !== 1 || specs.outputShape[0] !== classes)
        throw new ShapeError(
          `the network gives [${specs.outputShape.join(', ')}] where ${classes} classes are wanted.`,
        );
      return specs;
    },
    apply: (context, parameters, state, x) => {
      const { output, state: next } = whole.apply(context, parameters, state, x);
      return { output, state: next };
    },
  };
}

function withClasses(name: string, layer: DescribedLayer, classes: number): DescribedLayer {
  if (name !== importedClassifier) return layer;
  if (layer.kind === 'dense') return { ...layer, units: classes };
  return layer.kind === 'conv' ? { ...layer, filters: classes } : layer;
}
