// Values and gradients of the plain forms are tested with every operator's (table.test.ts); here, which form a
// convolution is written in, and that blocks of channels change no value.

import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { lowerGraph } from '../compile/lower.js';
import type { Provider } from '../ir/graph.js';
import { Graph } from '../ir/graph.js';
import { channelBlock } from '../runtime/channel-block.js';
import { openSession } from '../runtime/session.js';
import type { HostTensor } from '../tensor/array.js';
import { elementCount, tensorType } from '../tensor/type.js';
import { conv } from './convolution.js';
import type { ConvAttributes } from './convolution-lowering.js';
import { multiply } from './elementwise.js';
import { reduceSum } from './sum.js';

interface Form {
  images: [number, number, number, number];
  filters: number;
  kernel?: number;
  group?: number;
  provider?: Provider;
  block?: number;
  anyBatch?: boolean;
}

/** Types of the nodes of a "same" convolution, by default 3x3. */
function formOf(form: Form): string[] {
  const { images, filters, kernel = 3, group = 1, provider = 'cpu', block = null, anyBatch = false } = form;
  const graph = new Graph();
  const x = graph.input('x', tensorType('float32', images));
  const w = graph.input('w', tensorType('float32', [filters, images[1] / group, kernel, kernel]));
  const pad = kernel >> 1;
  const y = conv(x, w, { strides: [1, 1], pads: [pad, pad, pad, pad], group });
  const onnx = lowerGraph(graph, {
    name: 'test',
    provider,
    channelBlock: block,
    outputs: { y },
    ...(anyBatch ? { freeAxes: { x: ['N'], y: ['N'] } } : {}),
  });
  return onnx.toModel({ name: 'test', version: '' }).graph!.node.map(({ opType }) => opType);
}

const tall = ['Transpose', 'Pad', 'Reshape', 'Conv', 'Reshape', 'Slice', 'Transpose'];

it('lays small images below each other where filters are many', () => {
  expect(formOf({ images: [8, 4, 3, 3], filters: 10 })).toEqual(tall);
});

it.each<[string, Form]>([
  ['has no more filters than positions', { images: [8, 4, 3, 3], filters: 9 }],
  ['has more filters than all images have positions', { images: [1, 4, 3, 3], filters: 13 }],
  ['takes any number of images', { images: [8, 4, 3, 3], filters: 10, anyBatch: true }],
  ['runs on another provider', { images: [8, 4, 3, 3], filters: 10, provider: 'webgpu' }],
])('writes a plain convolution where it %s', (_, form) => {
  expect(formOf(form)).toEqual(['Conv']);
});

const block = await channelBlock('cpu');

describe('blocks of channels', () => {
  const blocked = ['Reshape', 'Transpose', 'ReorderInput', 'Reshape', 'Conv', 'ReorderOutput'];

  it('are filled up with zeros where little is missing', () => {
    const filled = ['Pad', 'Reshape', 'Transpose', 'ReorderInput', 'Reshape', 'Conv', 'ReorderOutput'];
    expect(formOf({ images: [2, 24, 9, 9], filters: 24, block: 16 })).toEqual(filled);
  });

  it('are written where channels fill them, for any number of images', () => {
    expect(formOf({ images: [2, 8, 9, 9], filters: 16, block: 8 })).toEqual(blocked);
    expect(formOf({ images: [2, 8, 9, 9], filters: 16, block: 8, anyBatch: true })).toEqual(blocked);
  });

  it.each<[string, Form]>([
    ['the machine has none', { images: [2, 8, 9, 9], filters: 16 }],
    ['they would be half empty', { images: [2, 4, 9, 9], filters: 16, block: 8 }],
    ['channels of the images do not come in fours', { images: [2, 30, 9, 9], filters: 16, block: 8 }],
    ['filters do not come in fours', { images: [2, 16, 9, 9], filters: 30, block: 8 }],
    ['the kernel is of one pixel', { images: [2, 8, 9, 9], filters: 16, block: 8, kernel: 1 }],
    ['channels are in groups', { images: [2, 16, 9, 9], filters: 16, block: 8, group: 2 }],
  ])('are left alone where %s', (_, form) => {
    expect(formOf(form)).toEqual(['Conv']);
  });

  const forms: [
    string,
    { size: [number, number]; kernel: [number, number]; missing?: number } & ConvAttributes,
  ][] = [
    [
      'blocks filled up',
      { size: [5, 4], kernel: [3, 3], missing: 4, strides: [1, 1], pads: [1, 1, 1, 1], group: 1 },
    ],
    ['same 3x3', { size: [5, 4], kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], group: 1 }],
    [
      'stride 2, asymmetric pads',
      { size: [6, 5], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1], group: 1 },
    ],
    ['5x3 without padding', { size: [7, 6], kernel: [5, 3], strides: [1, 1], pads: [0, 0, 0, 0], group: 1 }],
    ['small images', { size: [2, 2], kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], group: 1 }],
  ];
  it.runIf(block !== null).each(forms)(
    'change neither values nor gradients: %s',
    async (_, { size, kernel, missing = 0, ...attributes }) => {
      const [channels, filters] = [2 * block! - missing, block! - missing];
      const shapes = { x: [3, channels, ...size], w: [filters, channels, ...kernel] };
      const feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, numbers(shape)]));
      const run = async (channelBlock: number | null) => {
        const graph = new Graph();
        const x = graph.input('x', tensorType('float32', shapes.x));
        const w = graph.input('w', tensorType('float32', shapes.w));
        const y = conv(x, w, attributes);
        const [dx, dw] = gradients(reduceSum(multiply(y, y), [0, 1, 2, 3]), [x, w]);
        const outputs = { y, dx: dx!, dw: dw! };
        const onnx = lowerGraph(graph, { name: 'test', provider: 'cpu', channelBlock, outputs });
        const session = await openSession(onnx.toBytes(), { threads: 2 });
        const results = await session.run(feeds);
        await session.close();
        return results;
      };
      const [plain, changed] = [await run(null), await run(block)];
      for (const [name, { data }] of Object.entries(plain)) {
        const expected = data as Float32Array;
        const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
        const actual = changed[name]!.data as Float32Array;
        const error = expected.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[i]!)), 0);
        expect(scale, name).toBeGreaterThan(0);
        expect(error / scale, name).toBeLessThan(1e-5);
      }
    },
  );
});

/** From -1 to 1, hardly repeating. */
function numbers(shape: readonly number[]): HostTensor {
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => ((i * 37) % 101) / 50 - 1);
  return { type: tensorType('float32', shape), data };
}
