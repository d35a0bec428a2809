// Locally connected layers: like a convolution, but with weights of its own at every position (Taigman et al. 2014,
// section 3.2; Keras's former LocallyConnected2D). Stride 1, no padding.

import { add } from '../ops/elementwise.js';
import { batchMatMul, unfold } from '../ops/local.js';
import { reshape, transpose } from '../ops/shaping.js';
import { type Shape, ShapeError } from '../tensor/type.js';
import { filledWith } from './initializers.js';
import type { Layer, TensorSpec } from './layer.js';

/** He's normal by the inputs of one position. */
function positionWise(shape: Shape): TensorSpec {
  const deviation = Math.sqrt(2 / shape[1]!);
  return {
    shape,
    init: (data, random) => {
      for (let i = 0; i < data.length; i++) data[i] = random.normal(0, deviation);
    },
  };
}

/** Parameters `kernel` [positions, kH kW C, filters] and `bias` [filters, rows, columns]. */
export function locallyConnected2d({ filters, kernelSize }: { filters: number; kernelSize: number }): Layer {
  const outputOf = ([, h, w]: Shape): [number, number] => [h! - kernelSize + 1, w! - kernelSize + 1];
  return {
    describe(inputShape) {
      const [rows, columns] = outputOf(inputShape);
      if (inputShape.length !== 3 || rows < 1 || columns < 1) {
        throw new ShapeError(
          `locallyConnected2d: needs images of at least ${kernelSize}x${kernelSize} pixels.`,
        );
      }
      const kernel: Shape = [rows * columns, kernelSize ** 2 * inputShape[0]!, filters];
      return {
        parameters: { kernel: positionWise(kernel), bias: filledWith(0, [filters, rows, columns]) },
        state: {},
        outputShape: [filters, rows, columns],
        multiplyAdds: kernel.reduce((product, size) => product * size, 1),
      };
    },
    apply(_context, { kernel, bias }, _state, x) {
      const [rows, columns] = outputOf(x.shape.slice(1));
      const products = batchMatMul(unfold(x, [kernelSize, kernelSize]), kernel!); // [positions, N, filters]
      const byImage = reshape(transpose(products, [1, 2, 0]), [x.shape[0]!, filters, rows, columns]);
      return { output: add(byImage, bias!), state: {} };
    },
  };
}
