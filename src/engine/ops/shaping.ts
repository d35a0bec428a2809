// Operators that move or rename elements without computing: reshape, transpose, concatenate, slice, pad.

import type { OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { elementCount, normalizeAxis, ShapeError, sameShape, tensorType } from '../tensor/type.js';

type NoAttributes = Record<string, never>;

export interface ReshapeAttributes {
  shape: readonly number[];
}

export const reshapeOp: OpDefinition<ReshapeAttributes> = {
  name: 'Reshape',
  types([x], { shape }) {
    if (elementCount(x!.shape) !== elementCount(shape)) {
      throw new ShapeError(`can't give ${elementCount(x!.shape)} elements the shape [${shape.join(', ')}].`);
    }
    return [tensorType(x!.dtype, shape)];
  },
  lower({ onnx, name, dynamicBatch }, node) {
    const x = node.inputs[0]!;
    const shape = [...node.attributes.shape];
    // With any number of images the first axis is copied (ONNX: 0), so the file doesn't hold the traced batch size.
    if (dynamicBatch && shape.length > 0 && shape[0] === x.shape[0]) shape[0] = 0;
    onnx.addNode('Reshape', [name(x), onnx.integers(...shape)], node.outputs.map(name));
  },
  gradient({ inputs: [x], outputGradients: [dy] }) {
    return [reshape(dy!, x!.shape)];
  },
  reference([x], { shape }) {
    return [new NdArray(shape, x!.data.slice())];
  },
  cases: [
    { name: 'flatten', inputs: [[2, 3, 2]], attributes: { shape: [2, 6] } },
    { name: 'to scalar', inputs: [[1, 1]], attributes: { shape: [] } },
  ],
};

export interface TransposeAttributes {
  permutation: readonly number[];
}

export const transposeOp: OpDefinition<TransposeAttributes> = {
  name: 'Transpose',
  types([x], { permutation }) {
    if (
      [...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
      permutation.length !== x!.shape.length
    ) {
      throw new ShapeError(`[${permutation.join(', ')}] doesn't permute ${x!.shape.length} axes.`);
    }
    return [
      tensorType(
        x!.dtype,
        permutation.map((axis) => x!.shape[axis]!),
      ),
    ];
  },
  lower({ onnx, name }, node) {
    onnx.addNode('Transpose', node.inputs.map(name), node.outputs.map(name), {
      perm: node.attributes.permutation,
    });
  },
  gradient({ attributes: { permutation }, outputGradients: [dy] }) {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(dy!, inverse)];
  },
  reference([x], { permutation }) {
    const shape = permutation.map((axis) => x!.shape[axis]!);
    return [
      NdArray.build(shape, (index) => x!.at(permutation.map((_, axis) => index[permutation.indexOf(axis)]!))),
    ];
  },
  cases: [
    { name: 'matrix', inputs: [[2, 3]], attributes: { permutation: [1, 0] } },
    { name: 'channels last', inputs: [[2, 3, 4, 5]], attributes: { permutation: [0, 2, 3, 1] } },
  ],
};

export interface ConcatAttributes {
  axis: number;
}

export const concatOp: OpDefinition<ConcatAttributes> = {
  name: 'Concat',
  types(types, { axis }) {
    const first = types[0];
    if (first === undefined) throw new ShapeError('needs at least one input.');
    const at = normalizeAxis(axis, first.shape.length);
    for (const type of types) {
      if (!sameShape(type.shape.toSpliced(at, 1), first.shape.toSpliced(at, 1))) {
        throw new ShapeError(`needs inputs that differ along axis ${axis} only.`);
      }
    }
    const total = types.reduce((sum, type) => sum + type.shape[at]!, 0);
    return [tensorType(first.dtype, first.shape.toSpliced(at, 1, total))];
  },
  lower({ onnx, name }, node) {
    onnx.addNode('Concat', node.inputs.map(name), node.outputs.map(name), { axis: node.attributes.axis });
  },
  gradient({ inputs, attributes, outputGradients: [dy], needs }) {
    const axis = normalizeAxis(attributes.axis, dy!.shape.length);
    let start = 0;
    return inputs.map((input, i) => {
      const end = start + input.shape[axis]!;
      const part = needs[i] ? slice(dy!, axis, start, end) : null;
      start = end;
      return part;
    });
  },
  reference(inputs, { axis }) {
    const at = normalizeAxis(axis, inputs[0]!.shape.length);
    const total = inputs.reduce((sum, input) => sum + input.shape[at]!, 0);
    const result = new NdArray(inputs[0]!.shape.toSpliced(at, 1, total));
    let start = 0;
    for (const input of inputs) {
      const offset = start;
      forEachIndex(input.shape, (index, flat) => {
        result.add(index.toSpliced(at, 1, index[at]! + offset), input.data[flat]!);
      });
      start += input.shape[at]!;
    }
    return [result];
  },
  cases: [
    {
      name: 'channels',
      inputs: [
        [2, 1, 2, 2],
        [2, 3, 2, 2],
      ],
      attributes: { axis: 1 },
    },
    {
      name: 'rows',
      inputs: [
        [1, 2],
        [2, 2],
        [3, 2],
      ],
      attributes: { axis: 0 },
    },
  ],
};

export interface SliceAttributes {
  axis: number;
  start: number;
  /** One past the last. */
  end: number;
}

export const sliceOp: OpDefinition<SliceAttributes> = {
  name: 'Slice',
  types([x], { axis, start, end }) {
    const size = x!.shape[axis] ?? -1;
    if (start < 0 || end > size || start >= end) {
      throw new ShapeError(`can't take ${start} to ${end} of axis ${axis} with ${size} elements.`);
    }
    return [tensorType(x!.dtype, x!.shape.toSpliced(axis, 1, end - start))];
  },
  lower({ onnx, name }, node) {
    const { axis, start, end } = node.attributes;
    onnx.addNode(
      'Slice',
      [name(node.inputs[0]!), onnx.integers(start), onnx.integers(end), onnx.integers(axis)],
      node.outputs.map(name),
    );
  },
  gradient({ inputs: [x], attributes: { axis, start, end }, outputGradients: [dy] }) {
    return [pad(dy!, axis, start, x!.shape[axis]! - end)];
  },
  reference([x], { axis, start, end }) {
    const shape = x!.shape.toSpliced(axis, 1, end - start);
    return [NdArray.build(shape, (index) => x!.at(index.toSpliced(axis, 1, index[axis]! + start)))];
  },
  cases: [{ name: 'middle channels', inputs: [[2, 5, 2]], attributes: { axis: 1, start: 1, end: 4 } }],
};

export interface PadAttributes {
  axis: number;
  before: number;
  after: number;
}

/** Adds zeros at both ends of one axis. */
export const padOp: OpDefinition<PadAttributes> = {
  name: 'Pad',
  types([x], { axis, before, after }) {
    if (before < 0 || after < 0) throw new ShapeError('needs widths from 0 up.');
    return [tensorType(x!.dtype, x!.shape.toSpliced(axis, 1, x!.shape[axis]! + before + after))];
  },
  lower({ onnx, name }, node) {
    const { axis, before, after } = node.attributes;
    const x = node.inputs[0]!;
    const widths = (width: number): number[] => x.shape.map((_, i) => (i === axis ? width : 0));
    onnx.addNode(
      'Pad',
      [name(x), onnx.integers(...widths(before), ...widths(after))],
      node.outputs.map(name),
    );
  },
  gradient({ inputs: [x], attributes: { axis, before }, outputGradients: [dy] }) {
    return [slice(dy!, axis, before, before + x!.shape[axis]!)];
  },
  reference([x], { axis, before, after }) {
    const result = new NdArray(x!.shape.toSpliced(axis, 1, x!.shape[axis]! + before + after));
    forEachIndex(x!.shape, (index, flat) => {
      result.add(index.toSpliced(axis, 1, index[axis]! + before), x!.data[flat]!);
    });
    return [result];
  },
  cases: [{ name: 'columns', inputs: [[2, 3]], attributes: { axis: 1, before: 1, after: 2 } }],
};

/**
 * The channels of each position side by side: images [N, C, H, W] to [N, H W, C], positions row by row. Unlike a transpose
 * and a reshape it holds no size, so that a file takes images of any.
 */
export const positionsOp: OpDefinition<NoAttributes> = {
  name: 'Positions',
  types([x]) {
    if (x?.shape.length !== 4) throw new ShapeError('needs images [N, C, H, W].');
    const [images, channels, height, width] = x.shape as [number, number, number, number];
    return [tensorType(x.dtype, [images, height * width, channels])];
  },
  lower({ onnx, name }, node) {
    const x = node.inputs[0]!;
    const channelsLast = onnx.node('Transpose', [name(x)], { perm: [0, 2, 3, 1] });
    onnx.addNode('Reshape', [channelsLast, onnx.integers(0, -1, x.shape[1]!)], node.outputs.map(name));
  },
  gradient({ inputs: [x], outputGradients: [dy] }) {
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    return [transpose(reshape(dy!, [images, height, width, channels]), [0, 3, 1, 2])];
  },
  reference([x]) {
    const [images, channels, height, width] = x!.shape as [number, number, number, number];
    return [
      NdArray.build([images, height * width, channels], ([n, position, c]) =>
        x!.at([n!, c!, Math.floor(position! / width), position! % width]),
      ),
    ];
  },
  cases: [{ name: 'images', inputs: [[2, 3, 2, 4]], attributes: {} }],
};

/** Images [N, C, H, W] as positions, row by row: [N, H W, C]. */
export function positions(x: Value): Value {
  return x.graph.apply(positionsOp, [x], {})[0]!;
}

export function reshape(x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : x.graph.apply(reshapeOp, [x], { shape })[0]!;
}

export function transpose(x: Value, permutation: readonly number[]): Value {
  return x.graph.apply(transposeOp, [x], { permutation })[0]!;
}

export function concat(inputs: readonly Value[], axis: number): Value {
  return inputs[0]!.graph.apply(concatOp, inputs, { axis })[0]!;
}

/** Elements `start` to `end` (exclusive) of one axis. */
export function slice(x: Value, axis: number, start: number, end: number): Value {
  return x.graph.apply(sliceOp, [x], { axis, start, end })[0]!;
}

/** Zeros before and after along one axis. */
export function pad(x: Value, axis: number, before: number, after: number): Value {
  return x.graph.apply(padOp, [x], { axis, before, after })[0]!;
}
