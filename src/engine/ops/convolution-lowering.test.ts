// Values and gradients are tested with every operator's (table.test.ts); here, which form a convolution is written in.

import { expect, it } from 'vitest';
import { lowerGraph } from '../compile/lower.js';
import { Graph } from '../ir/graph.js';
import type { Provider } from '../ir/lowering.js';
import { tensorType } from '../tensor/type.js';
import { conv } from './convolution.js';

interface Form {
  images: [number, number, number, number];
  filters: number;
  provider?: Provider;
  anyBatch?: boolean;
}

/** Types of the nodes of a "same" 3x3 convolution. */
function formOf({ images, filters, provider = 'cpu', anyBatch = false }: Form): string[] {
  const graph = new Graph();
  const x = graph.input('x', tensorType('float32', images));
  const w = graph.input('w', tensorType('float32', [filters, images[1], 3, 3]));
  const y = conv(x, w, { strides: [1, 1], pads: [1, 1, 1, 1], group: 1 });
  const dynamicBatch = anyBatch ? ['x', 'y'] : [];
  const onnx = lowerGraph(graph, { name: 'test', provider, outputs: { y }, dynamicBatch });
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
