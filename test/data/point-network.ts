// A network of points that always gives the same answer, in the form of models/face-points.onnx.

import { initializeWeights } from '../../src/engine/compile/network.js';
import { floatTensor } from '../../src/engine/tensor/array.js';
import { encodeFacePoints, facePointNetwork } from '../../src/models/face-points.js';

/** @param answer five pairs, from the crop's centre in its sides. */
export function constantPoints(answer: readonly number[]): Uint8Array {
  const { parameters, state } = initializeWeights(facePointNetwork(), 1);
  const kernel = parameters['points/kernel']!;
  return encodeFacePoints({
    state,
    parameters: {
      ...parameters,
      'points/kernel': floatTensor(kernel.type.shape, new Float32Array(kernel.data.length)),
      'points/bias': floatTensor([10], Float32Array.from(answer)),
    },
  });
}
