// A detector in YuNet's form that needs no training: it takes red cells of 8 pixels for faces. Each has a face of 24 x 32
// pixels around its centre.

import { OnnxGraph } from '../../src/engine/onnx/model.js';
import { tensorType } from '../../src/engine/tensor/type.js';

export const redFace = { width: 24, height: 32 } as const;
/** Where the five points of a face are, from its centre. */
export const redPoints = [
  [-5, -6],
  [5, -6],
  [0, 0],
  [-4, 8],
  [4, 8],
] as const;

export interface RedDetectorOptions {
  /** The one size of picture that the file takes; any unless given. */
  size?: { width: number; height: number };
  /** What the file says about itself, below `ferlab.detector`. */
  settings?: object;
  /** Added to every score before it is clipped: NaN makes all of them NaN. */
  bias?: number;
  /** Names of the outputs that differ. */
  rename?: Record<string, string>;
}

/** The bytes of such a file. A cell's score is the root of its mean of red minus green, over 255. */
export function redDetector({ size, settings, bias = 0, rename = {} }: RedDetectorOptions = {}): Uint8Array {
  const onnx = new OnnxGraph('red');
  const input = onnx.input('input', 'float32', [1, 3, size?.height ?? 'height', size?.width ?? 'width']);
  for (const stride of [8, 16, 32]) {
    const convolve = (values: number, weight: (channel: number, red: number) => number, biases: number[]) => {
      const shape = [values, 3, stride, stride];
      const data = Float32Array.from({ length: values * 3 * stride * stride }, (_, i) =>
        weight(Math.floor(i / (3 * stride * stride)), Math.floor(i / (stride * stride)) % 3),
      );
      const kernel = onnx.initializer(onnx.fresh('kernel'), { type: tensorType('float32', shape), data });
      const offset = onnx.constant('float32', [values], biases);
      return onnx.node('Conv', [input, kernel, offset], {
        kernel_shape: [stride, stride],
        strides: [stride, stride],
      });
    };
    const output = (kind: string, cells: string, values: number) => {
      const rows = onnx.node('Transpose', [cells], { perm: [0, 2, 3, 1] });
      const name = rename[`${kind}_${stride}`] ?? `${kind}_${stride}`;
      onnx.addNode('Reshape', [rows, onnx.integers(1, -1, values)], [name]);
      onnx.output(name, 'float32', [
        1,
        size ? Math.floor(size.width / stride) * Math.floor(size.height / stride) : `cells_${stride}`,
        values,
      ]);
    };
    // Channels are blue, green, red.
    const mean = [0, -1, 1].map((sign) => sign / 255 / stride ** 2);
    const red = convolve(1, (_, channel) => (stride === 8 ? mean[channel]! : 0), [bias]);
    output('cls', onnx.node('Clip', [red, onnx.scalar(0), onnx.scalar(1)]), 1);
    output(
      'obj',
      convolve(1, () => 0, [1]),
      1,
    );
    output(
      'bbox',
      convolve(4, () => 0, [0.5, 0.5, Math.log(redFace.width / stride), Math.log(redFace.height / stride)]),
      4,
    );
    output(
      'kps',
      convolve(
        10,
        () => 0,
        redPoints.flatMap(([x, y]) => [x / stride + 0.5, y / stride + 0.5]),
      ),
      10,
    );
  }
  return onnx.toBytes(undefined, settings ? { 'ferlab.detector': JSON.stringify(settings) } : {});
}

/** A black picture with red cells of 8 pixels at these places of their left upper corners; `green` makes them weaker. */
export function redPicture(
  width: number,
  height: number,
  cells: readonly (readonly [x: number, y: number, green?: number])[],
) {
  const data = new Uint8Array(width * height * 3);
  for (const [left, top, green = 0] of cells) {
    for (let y = Math.max(0, top); y < Math.min(height, top + 8); y++)
      for (let x = Math.max(0, left); x < Math.min(width, left + 8); x++)
        data.set([255, green, 0], (y * width + x) * 3);
  }
  return { width, height, data };
}
