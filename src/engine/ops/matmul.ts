// Matrix product, with either operand read transposed.

import type { OpDefinition, Value } from '../ir/graph.js';
import { NdArray } from '../tensor/array.js';
import { ShapeError, tensorType } from '../tensor/type.js';

export interface MatMulAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

function sizes(a: readonly number[], b: readonly number[], { transposeA, transposeB }: MatMulAttributes) {
  return {
    m: a[transposeA ? 1 : 0]!,
    k: a[transposeA ? 0 : 1]!,
    kOfB: b[transposeB ? 1 : 0]!,
    n: b[transposeB ? 0 : 1]!,
  };
}

/** a [M, K] times b [K, N]; lowered to Gemm, which reads transposed operands without copying them. */
export const matMulOp: OpDefinition<MatMulAttributes> = {
  name: 'MatMul',
  types([a, b], attributes) {
    if (a?.shape.length !== 2 || b?.shape.length !== 2) throw new ShapeError('needs two matrices.');
    const { m, k, kOfB, n } = sizes(a.shape, b.shape, attributes);
    if (k !== kOfB) throw new ShapeError(`inner sizes differ: ${k} and ${kOfB}.`);
    return [tensorType('float32', [m, n])];
  },
  lower({ onnx, name }, node) {
    onnx.addNode('Gemm', node.inputs.map(name), node.outputs.map(name), {
      transA: node.attributes.transposeA ? 1 : 0,
      transB: node.attributes.transposeB ? 1 : 0,
    });
  },
  // y = op(a) op(b): d op(a) = dy op(b)^T, d op(b) = op(a)^T dy; a transposed operand wants the transposed result.
  gradient({ inputs: [a, b], attributes: { transposeA, transposeB }, outputGradients: [dy], needs }) {
    return [
      needs[0]
        ? transposeA
          ? matMul(b!, dy!, transposeB, true)
          : matMul(dy!, b!, false, !transposeB)
        : null,
      needs[1]
        ? transposeB
          ? matMul(dy!, a!, true, transposeA)
          : matMul(a!, dy!, !transposeA, false)
        : null,
    ];
  },
  reference([a, b], attributes) {
    const { m, k, n } = sizes(a!.shape, b!.shape, attributes);
    return [
      NdArray.build([m, n], ([i, j]) => {
        let sum = 0;
        for (let l = 0; l < k; l++) {
          sum +=
            a!.at(attributes.transposeA ? [l, i!] : [i!, l]) *
            b!.at(attributes.transposeB ? [j!, l] : [l, j!]);
        }
        return sum;
      }),
    ];
  },
  cases: [
    {
      name: 'plain',
      inputs: [
        [2, 3],
        [3, 4],
      ],
      attributes: { transposeA: false, transposeB: false },
    },
    {
      name: 'a transposed',
      inputs: [
        [3, 2],
        [3, 4],
      ],
      attributes: { transposeA: true, transposeB: false },
    },
    {
      name: 'b transposed',
      inputs: [
        [2, 3],
        [4, 3],
      ],
      attributes: { transposeA: false, transposeB: true },
    },
    {
      name: 'both transposed',
      inputs: [
        [3, 2],
        [4, 3],
      ],
      attributes: { transposeA: true, transposeB: true },
    },
  ],
};

/** Matrix product of a [M, K] and b [K, N], each read transposed if asked. */
export function matMul(a: Value, b: Value, transposeA = false, transposeB = false): Value {
  return a.graph.apply(matMulOp, [a, b], { transposeA, transposeB })[0]!;
}
