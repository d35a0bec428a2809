// The three networks of a cascade that need no training: they take a red square in a black surrounding twice as wide and high
// for a face. What each says of boxes and points is the same everywhere, so that tests know what comes out.

import { OnnxGraph } from '../../src/engine/onnx/model.js';
import { tensorType } from '../../src/engine/tensor/type.js';
import type { CascadeFiles, CascadeStage } from '../../src/faces/cascade-file.js';

const sides = { pnet: 12, rnet: 24, onet: 48 } as const;

export interface RedCascadeOptions {
  /** What O-Net says: how far the edges of the face are from those of the square, in its sides. */
  offsets?: readonly [number, number, number, number];
  /** What P-Net says of its squares. */
  proposal?: readonly [number, number, number, number];
  /** Five points of O-Net, in sides of the square. */
  points?: readonly (readonly [number, number])[];
  /** Added to every probability of a stage. */
  bias?: Partial<Record<CascadeStage, number>>;
  /** What O-Net's file says below `ferlab.cascade`. */
  thresholds?: object;
}

export const redCascadePoints = [
  [0.3, 0.35],
  [0.7, 0.35],
  [0.5, 0.5],
  [0.35, 0.7],
  [0.65, 0.7],
] as const;

function stageFile(stage: CascadeStage, options: RedCascadeOptions): Uint8Array {
  const none = [0, 0, 0, 0] as const;
  const { offsets = none, proposal = none, points = redCascadePoints, bias = {}, thresholds } = options;
  const side = sides[stage];
  const onnx = new OnnxGraph(stage);
  const maps = stage === 'pnet';
  const input = onnx.input('pixels', 'float32', ['N', 3, ...(maps ? ['height', 'width'] : [side, side])]);
  const convolve = (
    outputs: number,
    weight: (x: number, y: number, channel: number) => number,
    biases: readonly number[],
  ) => {
    const data = Float32Array.from({ length: outputs * 3 * side * side }, (_, i) =>
      weight(i % side, Math.floor(i / side) % side, Math.floor(i / side / side) % 3),
    );
    const kernel = onnx.initializer(onnx.fresh('kernel'), {
      type: tensorType('float32', [outputs, 3, side, side]),
      data,
    });
    return onnx.node('Conv', [input, kernel, onnx.constant('float32', [outputs], biases)], {
      kernel_shape: [side, side],
      strides: [2, 2],
    });
  };
  const output = (name: string, value: string, values: number) => {
    if (maps) onnx.addNode('Identity', [value], [name]);
    else onnx.addNode('Reshape', [value, onnx.integers(-1, values)], [name]);
    onnx.output(name, 'float32', maps ? ['N', values, 'rows', 'columns'] : ['N', values]);
  };
  const isInner = (place: number) => place >= side / 4 && place < (3 * side) / 4;
  const redness = convolve(
    1,
    (x, y, channel) => {
      if (channel !== 0) return 0;
      return isInner(x) && isInner(y) ? 4 / side ** 2 / 255 : -4 / 3 / side ** 2 / 255;
    },
    [bias[stage] ?? 0],
  );
  output('probability', onnx.node('Clip', [redness, onnx.scalar(0), onnx.scalar(1)]), 1);
  output(
    'box',
    convolve(4, () => 0, { pnet: proposal, rnet: none, onet: offsets }[stage]),
    4,
  );
  if (stage === 'onet')
    output(
      'points',
      convolve(10, () => 0, points.flat()),
      10,
    );
  const metadata = stage === 'onet' && thresholds ? { 'ferlab.cascade': JSON.stringify(thresholds) } : {};
  return onnx.toBytes(undefined, metadata);
}

/** The bytes of the three files. */
export function redCascade(options: RedCascadeOptions = {}): CascadeFiles {
  return {
    pnet: stageFile('pnet', options),
    rnet: stageFile('rnet', options),
    onet: stageFile('onet', options),
  };
}

/** A black picture with red squares: left, top, side. */
export function redSquares(
  width: number,
  height: number,
  squares: readonly (readonly [number, number, number])[],
) {
  const data = new Uint8Array(width * height * 3);
  for (const [left, top, side] of squares) {
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y++)
      for (let x = Math.max(0, left); x < Math.min(width, left + side); x++) data[(y * width + x) * 3] = 255;
  }
  return { width, height, data };
}
