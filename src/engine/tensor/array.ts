// Tensors in JavaScript memory: `HostTensor` for what goes in and out of the runtime, `NdArray` (float64) for
// the plain references that operators are tested against.

import { type DType, elementCount, type Shape, stridesOf, type TensorType, tensorType } from './type.js';

export type TypedArray = Float32Array | BigInt64Array | Int32Array | Uint8Array;

export interface HostTensor {
  readonly type: TensorType;
  readonly data: TypedArray;
}

export function allocate(type: TensorType): HostTensor {
  const count = elementCount(type.shape);
  const constructors = {
    float32: Float32Array,
    int64: BigInt64Array,
    int32: Int32Array,
    uint8: Uint8Array,
    bool: Uint8Array,
  } satisfies Record<DType, unknown>;
  return { type, data: new constructors[type.dtype](count) };
}

export function floatTensor(shape: Shape, data: Float32Array | readonly number[]): HostTensor {
  const type = tensorType('float32', shape);
  if (data.length !== elementCount(shape)) {
    throw new RangeError(
      `A tensor of shape [${shape.join(', ')}] needs ${elementCount(shape)} values, got ${data.length}.`,
    );
  }
  return { type, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A dense float64 array with its shape, row-major: the references' own tensor. */
export class NdArray {
  readonly strides: number[];

  constructor(
    readonly shape: Shape,
    readonly data: Float64Array = new Float64Array(elementCount(shape)),
  ) {
    this.strides = stridesOf(shape);
  }

  static from(shape: Shape, values: ArrayLike<number>): NdArray {
    return new NdArray(shape, Float64Array.from(values));
  }

  /** Builds an array by calling `value` with every index. */
  static build(shape: Shape, value: (index: number[]) => number): NdArray {
    const result = new NdArray(shape);
    forEachIndex(shape, (index, flat) => {
      result.data[flat] = value(index);
    });
    return result;
  }

  at(index: readonly number[]): number {
    return this.data[this.offset(index)]!;
  }

  add(index: readonly number[], value: number): void {
    this.data[this.offset(index)]! += value;
  }

  /** The element at `index`, where axes of size 1 (and missing leading axes) stand for any index. */
  broadcastAt(index: readonly number[]): number {
    const skip = index.length - this.shape.length;
    let offset = 0;
    for (let axis = 0; axis < this.shape.length; axis++) {
      if (this.shape[axis] !== 1) offset += index[axis + skip]! * this.strides[axis]!;
    }
    return this.data[offset]!;
  }

  private offset(index: readonly number[]): number {
    let offset = 0;
    for (let axis = 0; axis < index.length; axis++) offset += index[axis]! * this.strides[axis]!;
    return offset;
  }
}

/** Calls `visit` with every index of the shape in row-major order. The index array is reused. */
export function forEachIndex(shape: Shape, visit: (index: number[], flat: number) => void): void {
  const count = elementCount(shape);
  const index = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < count; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
}
