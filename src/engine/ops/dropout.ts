// Dropout masks. They are drawn outside the graph, one bit an element, and become numbers inside it: a thirty-second
// part of the memory travels, and a table look-up of eight elements at a time costs less than drawing floats.

import type { OpDefinition } from '../ir/graph.js';
import { forEachIndex, NdArray } from '../tensor/array.js';
import { elementCount, type Shape, ShapeError, type TensorType, tensorType } from '../tensor/type.js';

export interface DropoutMaskAttributes {
  shape: Shape;
  /** Share of zeros; the rest is 1 / (1 - rate). */
  rate: number;
}

const bitsPerWord = 8;

/** The type of the bits that a mask of this shape is made of: int32 numbers from 0 to 255. */
export function maskBitsType(shape: Shape): TensorType {
  return tensorType('int32', [Math.ceil(elementCount(shape) / bitsPerWord)]);
}

/**
 * Bits to mask (inverted dropout: Srivastava et al. 2014, section 10): element i is 1 / (1 - rate) where bit i % 8 of
 * number floor(i / 8) is set, else 0.
 */
export const dropoutMaskOp: OpDefinition<DropoutMaskAttributes> = {
  name: 'DropoutMask',
  types([bits], { shape, rate }) {
    const wanted = maskBitsType(shape);
    if (bits?.dtype !== 'int32' || bits.shape.length !== 1 || bits.shape[0] !== wanted.shape[0]) {
      throw new ShapeError(`needs ${wanted.shape[0]} int32 numbers for a mask of [${shape.join(', ')}].`);
    }
    if (!(rate >= 0 && rate < 1)) throw new ShapeError(`needs a rate from 0 to below 1, not ${rate}.`);
    return [tensorType('float32', shape)];
  },
  lower({ onnx, name }, { inputs: [bits], outputs: [mask], attributes: { shape, rate } }) {
    const kept = 1 / (1 - rate);
    const table = Array.from({ length: 2 ** bitsPerWord * bitsPerWord }, (_, i) =>
      (Math.floor(i / bitsPerWord) >> (i % bitsPerWord)) & 1 ? kept : 0,
    );
    const looked = onnx.node('Gather', [
      onnx.constant('float32', [2 ** bitsPerWord, bitsPerWord], table),
      name(bits!),
    ]);
    const count = elementCount(shape);
    const flat =
      count % bitsPerWord === 0
        ? looked
        : onnx.node('Slice', [
            onnx.node('Reshape', [looked, onnx.integers(-1)]),
            onnx.integers(0),
            onnx.integers(count),
          ]);
    onnx.addNode('Reshape', [flat, onnx.integers(...shape)], [name(mask!)]);
  },
  gradient: null, // of bits there is none
  reference([bits], { shape, rate }) {
    const mask = new NdArray(shape);
    forEachIndex(shape, (_, flat) => {
      const word = bits!.data[Math.floor(flat / bitsPerWord)]!;
      mask.data[flat] = (word >> (flat % bitsPerWord)) & 1 ? 1 / (1 - rate) : 0;
    });
    return [mask];
  },
  cases: [
    { name: 'whole words', inputs: [[3]], attributes: { shape: [2, 3, 4], rate: 0.5 }, draw: 'bytes' },
    { name: 'a part of a word', inputs: [[2]], attributes: { shape: [13], rate: 0.25 }, draw: 'bytes' },
  ],
};
