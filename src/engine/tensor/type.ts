// Element types and shapes of tensors: one immutable value that only shape rules compute.

/** Element types that the engine uses, by their ONNX names in lower case. */
export type DType = 'float32' | 'int64' | 'int32' | 'uint8' | 'bool';

/** Sizes of the axes, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A shape rule was broken: the message names the operator, what it requires and what it got. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export function tensorType(dtype: DType, shape: Shape): TensorType {
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) {
      throw new ShapeError(`A shape needs integers from 0 up, got [${shape.join(', ')}].`);
    }
  }
  return Object.freeze({ dtype, shape: Object.freeze([...shape]) });
}

export function float32(...shape: number[]): TensorType {
  return tensorType('float32', shape);
}

/** Number of elements of a tensor of this shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `float32[8, 1, 48, 48]` */
export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(', ')}]`;
}

/** The shape that two operands broadcast to, by ONNX's (NumPy's) rule. Throws ShapeError where they don't fit. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(`Shapes [${a.join(', ')}] and [${b.join(', ')}] do not broadcast together.`);
    }
    result.push(sizeA === 1 ? sizeB : sizeA);
  }
  return result;
}

/** Distance, in elements, between neighbours along each axis of a row-major tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  }
  return strides;
}

/** Normalises an axis that may count from the end. Throws ShapeError out of range. */
export function normalizeAxis(axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(result) || result < 0 || result >= rank) {
    throw new ShapeError(`Axis ${axis} is out of range for a tensor of ${rank} axes.`);
  }
  return result;
}
