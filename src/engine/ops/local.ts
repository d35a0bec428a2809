// What locally connected layers are made of: patches of an image as rows, and a product of matrices position by
// position. Stride 1, no padding.

import type { LoweringContext, OpDefinition, Value } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { ShapeError, sameShape, tensorType } from '../tensor/type.js';

export interface UnfoldAttributes {
  /** Height and width of a patch. */
  kernel: readonly [number, number];
}

export interface FoldAttributes extends UnfoldAttributes {
  /** Of the images. */
  shape: readonly number[];
}

/** Patch positions, rows and columns. */
function positions(x: readonly number[], [height, width]: readonly [number, number]): [number, number] {
  const rows = (x[2] ?? 0) - height + 1;
  const columns = (x[3] ?? 0) - width + 1;
  if (x.length !== 4 || rows < 1 || columns < 1) {
    throw new ShapeError(`needs images [N, C, H, W] of at least ${height}x${width} pixels.`);
  }
  return [rows, columns];
}

function patchShape(x: readonly number[], kernel: readonly [number, number]): number[] {
  const [rows, columns] = positions(x, kernel);
  return [rows * columns, x[0]!, kernel[0] * kernel[1] * x[1]!];
}

/** Calls `visit` with the index of every pixel of every patch, and its index in the patches. */
function forEachPatchPixel(
  x: readonly number[],
  kernel: readonly [number, number],
  visit: (pixel: number[], entry: number[]) => void,
): void {
  const [, columns] = positions(x, kernel);
  forEachIndex(patchShape(x, kernel), ([position, n, k]) => {
    const [row, column] = [Math.floor(position! / columns), position! % columns];
    const tap = Math.floor(k! / x[1]!);
    const c = k! % x[1]!;
    const pixel = [n!, c, row + Math.floor(tap / kernel[1]), column + (tap % kernel[1])];
    visit(pixel, [position!, n!, k!]);
  });
}

const cases = [
  { name: '2x3 patches', shape: [2, 3, 4, 5], kernel: [2, 3] as const },
  { name: 'whole image', shape: [2, 2, 3, 3], kernel: [3, 3] as const },
];

/**
 * Images [N, C, H, W] to patches [positions, N, kH kW C], positions row by row. Channels come last (as in Keras), so that
 * patches are gathered from images [H, W, N, C] by moving all images of a pixel at once.
 */
export const unfoldOp: OpDefinition<UnfoldAttributes> = {
  name: 'Unfold',
  types([x], { kernel }) {
    return [tensorType('float32', patchShape(x!.shape, kernel))];
  },
  lower({ onnx, name }, node) {
    const x = node.inputs[0]!;
    const { kernel } = node.attributes;
    const [rows, columns] = positions(x.shape, kernel);
    const byPixel = onnx.node('Transpose', [name(x)], { perm: [2, 3, 0, 1] });
    const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => {
      const [i, j] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
      const moved = onnx.node('Slice', [
        byPixel,
        onnx.integers(i, j),
        onnx.integers(i + rows, j + columns),
        onnx.integers(0, 1),
      ]);
      return onnx.node('Unsqueeze', [moved, onnx.integers(3)]); // [rows, columns, N, 1, C]
    });
    const stacked = onnx.node('Concat', taps, { axis: 3 }); // [rows, columns, N, taps, C]
    const shape = onnx.integers(rows * columns, -1, taps.length * x.shape[1]!);
    onnx.addNode('Reshape', [stacked, shape], node.outputs.map(name));
  },
  gradient({ inputs: [x], attributes: { kernel }, outputGradients: [dy] }) {
    return [dy!.graph.apply(foldOp, [dy!], { kernel, shape: x!.shape })[0]!];
  },
  reference([x], { kernel }) {
    const patches = new NdArray(patchShape(x!.shape, kernel));
    forEachPatchPixel(x!.shape, kernel, (pixel, entry) => patches.add(entry, x!.at(pixel)));
    return [patches];
  },
  cases: cases.map(({ name, shape, kernel }) => ({ name, inputs: [shape], attributes: { kernel } })),
};

/** Adds patches [positions, N, kH kW C] back into images of `shape`: the gradient of Unfold. */
export const foldOp: OpDefinition<FoldAttributes> = {
  name: 'Fold',
  types([patches], { kernel, shape }) {
    if (!sameShape(patches!.shape, patchShape(shape, kernel))) {
      throw new ShapeError(`these are not the patches of images [${shape.join(', ')}].`);
    }
    return [tensorType('float32', shape)];
  },
  lower: lowerFold,
  gradient: null,
  reference([patches], { kernel, shape }) {
    const x = new NdArray(shape);
    forEachPatchPixel(shape, kernel, (pixel, entry) => x.add(pixel, patches!.at(entry)));
    return [x];
  },
  cases: cases.map(({ name, shape, kernel }) => ({
    name,
    inputs: [patchShape(shape, kernel)],
    attributes: { kernel, shape },
  })),
};

function lowerFold({ onnx, name }: LoweringContext, node: Parameters<typeof foldOp.lower>[1]): void {
  const { kernel, shape } = node.attributes;
  const [rows, columns] = positions(shape, kernel);
  const count = kernel[0] * kernel[1];
  const stacked = onnx.node('Reshape', [
    name(node.inputs[0]!),
    onnx.integers(rows, columns, shape[0]!, count, shape[1]!),
  ]);
  const moved = Array.from({ length: count }, (_, tap) => {
    const [i, j] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
    const part = onnx.node('Gather', [stacked, onnx.constant('int64', [], [tap])], { axis: 3 });
    return onnx.node('Pad', [part, onnx.integers(i, j, 0, 0, kernel[0] - 1 - i, kernel[1] - 1 - j, 0, 0)]);
  });
  const sum = moved.reduce((a, b) => onnx.node('Add', [a, b])); // not every provider has Sum
  onnx.addNode('Transpose', [sum], node.outputs.map(name), { perm: [2, 3, 0, 1] });
}

export interface BatchMatMulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

function sizes(
  a: readonly number[],
  b: readonly number[],
  { transposeA, transposeB }: BatchMatMulAttributes,
) {
  const [m, k] = transposeA ? [a[2]!, a[1]!] : [a[1]!, a[2]!];
  const [kOfB, n] = transposeB ? [b[2]!, b[1]!] : [b[1]!, b[2]!];
  return { m, k, kOfB, n };
}

/** Products of matrices pair by pair: a [B, M, K] times b [B, K, N], each read transposed if asked. */
export const batchMatMulOp: OpDefinition<BatchMatMulAttributes> = {
  name: 'BatchMatMul',
  types([a, b], attributes) {
    if (a?.shape.length !== 3 || b?.shape.length !== 3 || a.shape[0] !== b.shape[0]) {
      throw new ShapeError('needs two stacks of as many matrices.');
    }
    const { m, k, kOfB, n } = sizes(a.shape, b.shape, attributes);
    if (k !== kOfB) throw new ShapeError(`inner sizes differ: ${k} and ${kOfB}.`);
    return [tensorType('float32', [a.shape[0]!, m, n])];
  },
  lower({ onnx, name }, node) {
    const { transposeA, transposeB } = node.attributes;
    const operands = [transposeA, transposeB].map((transposed, i) => {
      const operand = name(node.inputs[i]!);
      return transposed ? onnx.node('Transpose', [operand], { perm: [0, 2, 1] }) : operand;
    });
    onnx.addNode('MatMul', operands, node.outputs.map(name));
  },
  // As for MatMul (matmul.ts).
  gradient({ inputs: [a, b], attributes: { transposeA, transposeB }, outputGradients: [dy], needs }) {
    const left = () =>
      transposeA ? batchMatMul(b!, dy!, transposeB, true) : batchMatMul(dy!, b!, false, !transposeB);
    const right = () =>
      transposeB ? batchMatMul(dy!, a!, true, transposeA) : batchMatMul(a!, dy!, !transposeA, false);
    return [needs[0] ? left() : null, needs[1] ? right() : null];
  },
  reference([a, b], attributes) {
    const { m, k, n } = sizes(a!.shape, b!.shape, attributes);
    return [
      NdArray.build([a!.shape[0]!, m, n], ([p, i, j]) => {
        let sum = 0;
        for (let l = 0; l < k; l++) {
          const left = a!.at(attributes.transposeA ? [p!, l, i!] : [p!, i!, l]);
          sum += left * b!.at(attributes.transposeB ? [p!, j!, l] : [p!, l, j!]);
        }
        return sum;
      }),
    ];
  },
  cases: [
    {
      name: 'plain',
      inputs: [
        [3, 2, 4],
        [3, 4, 5],
      ],
      attributes: { transposeA: false, transposeB: false },
    },
    {
      name: 'a transposed',
      inputs: [
        [3, 4, 2],
        [3, 4, 5],
      ],
      attributes: { transposeA: true, transposeB: false },
    },
    {
      name: 'b transposed',
      inputs: [
        [3, 2, 4],
        [3, 5, 4],
      ],
      attributes: { transposeA: false, transposeB: true },
    },
  ],
};

/** Patches of every position: [positions, N, kH kW C]. */
export function unfold(x: Value, kernel: readonly [number, number]): Value {
  return x.graph.apply(unfoldOp, [x], { kernel })[0]!;
}

export function batchMatMul(a: Value, b: Value, transposeA = false, transposeB = false): Value {
  return a.graph.apply(batchMatMulOp, [a, b], { transposeA, transposeB })[0]!;
}
