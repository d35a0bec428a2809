// ONNX files of other programs: wrapped, they answer as the bare graph does on pixels that were prepared by hand.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serializeModel } from '../engine/onnx/edit.js';
import { OnnxGraph, parseModel } from '../engine/onnx/model.js';
import {
  TensorProto_DataLocation as Location,
  StringStringEntryProtoSchema,
} from '../engine/onnx/schema/onnx_pb.js';
import { openSession } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { loadModelFromBytes } from '../predict/model.js';
import { withHalfPrecision, withTemperature } from '../predict/rewrite.js';
import { Random } from '../random/random.js';
import { importModelFile } from './import-model.js';

const classes = ['angry', 'happy', 'sad'];
const [height, width] = [8, 10];
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ferlab-onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A small network in colour, as another program may write it. */
function foreign(
  options: { last?: boolean; end?: string; batch?: number | string; odd?: string } = {},
): OnnxGraph {
  const { last = false, end = 'Softmax', batch = 'batch' } = options;
  const random = new Random(5);
  const drawn = (...shape: number[]) =>
    floatTensor(
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal(0, 0.3)),
    );
  const graph = new OnnxGraph('main_graph');
  const input = graph.input(
    'pixels',
    'float32',
    last ? [batch, height, width, 3] : [batch, 3, height, width],
  );
  const images = last ? graph.node('Transpose', [input], { perm: [0, 3, 1, 2] }) : input;
  const conv = graph.node(
    'Conv',
    [images, graph.initializer('w', drawn(5, 3, 3, 3)), graph.initializer('b', drawn(5))],
    { pads: [1, 1, 1, 1] },
  );
  const act = graph.node(options.odd ?? 'Relu', [conv]);
  const flat = graph.node('Flatten', [graph.node('GlobalAveragePool', [graph.node('Dropout', [act])])]);
  const scores = graph.node('Gemm', [flat, graph.initializer('fc', drawn(5, 3))]);
  graph.addNode(end, [scores], ['answer'], end === 'Softmax' ? { axis: 1 } : {});
  graph.output('answer', 'float32', [batch, 3]);
  return graph;
}

const grey = Float32Array.from({ length: 2 * height * width }, (_, i) => (i * 37) % 256);
const [means, stds] = [
  [0.5, 0.4, 0.3],
  [0.2, 0.25, 0.3],
];

/** What the bare graph answers for pixels that are scaled here. */
async function expected(graph: OnnxGraph, last: boolean): Promise<number[]> {
  const size = height * width;
  const prepared = new Float32Array(2 * 3 * size);
  for (let n = 0; n < 2; n++)
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < size; i++) {
        const value = (grey[n * size + i]! / 255 - means[c]!) / stds[c]!;
        prepared[last ? (n * size + i) * 3 + c : (n * 3 + c) * size + i] = value;
      }
  const session = await openSession(graph.toBytes());
  const { answer } = await session.run({
    pixels: floatTensor(last ? [2, height, width, 3] : [2, 3, height, width], prepared),
  });
  await session.close();
  return Array.from(answer!.data, Number);
}

const write = async (name: string, bytes: Uint8Array): Promise<string> => {
  await writeFile(path.join(folder, name), bytes);
  return path.join(folder, name);
};
const scaling = { scale: '1/255', mean: means.join(), std: stds.join() };
const probabilitiesOf = async (bytes: Uint8Array): Promise<number[]> => {
  await using model = await loadModelFromBytes(bytes);
  return [...(await model.probabilities(grey))];
};
const close = (found: readonly number[], wanted: readonly number[]): void =>
  wanted.forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5);
  });

describe('ONNX files of others', () => {
  it.each([false, true])('answer as they do bare, channels last: %s', async (last) => {
    const graph = foreign({ last });
    const file = await write(`plain-${last}.onnx`, graph.toBytes({ name: 'pytorch', version: '2.9' }));
    const { bytes, metadata } = await importModelFile(file, { classes, ...scaling });
    expect(metadata).toMatchObject({
      classes,
      input: { width, height },
      training: { imported: { source: 'pytorch 2.9' } },
    });
    close(await probabilitiesOf(bytes), await expected(graph, last));
    // The other commands rewrite such files, too.
    const half = await probabilitiesOf(withHalfPrecision(bytes, 'x'));
    close(half, await probabilitiesOf(bytes));
    const change = { before: 1, after: 1, cross_fitted: 1 };
    const calibration = {
      temperature: 2,
      dataset: 'd',
      split: 's',
      n: 1,
      fingerprint: 'f',
      ece: change,
      loss: change,
    };
    expect(await probabilitiesOf(withTemperature(bytes, 'x', calibration))).not.toEqual(half);
  });

  it('take scores without a softmax, and standardized images', async () => {
    const file = await write('scores.onnx', foreign({ end: 'Identity' }).toBytes());
    const found = await probabilitiesOf((await importModelFile(file, { classes, scale: 'image' })).bytes);
    expect(found.slice(0, 3).reduce((sum, value) => sum + value)).toBeCloseTo(1);
  });

  it('with their tensors in a file beside them', async () => {
    const model = parseModel(foreign().toBytes());
    const tensor = model.graph!.initializer.find(({ name }) => name === 'w')!;
    const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
    await write('weights.data', Uint8Array.from([1, 2, 3, 4, ...tensor.rawData]));
    tensor.externalData = [
      entry('location', 'weights.data'),
      entry('offset', '4'),
      entry('length', String(tensor.rawData.length)),
    ];
    tensor.rawData = new Uint8Array(0);
    tensor.dataLocation = Location.EXTERNAL;
    const file = await write('external.onnx', serializeModel(model));
    const { bytes } = await importModelFile(file, { classes, ...scaling });
    close(await probabilitiesOf(bytes), await expected(foreign(), false));
    for (const [location, words] of [
      ['../weights.data', /outside the model's folder/],
      ['/etc/passwd', /outside the model's folder/],
      ['missing.data', /its weights lie in missing\.data, which isn't there/],
    ] as const) {
      tensor.externalData[0] = entry('location', location);
      const wrong = await write('wrong.onnx', serializeModel(model));
      await expect(importModelFile(wrong, { classes, ...scaling })).rejects.toThrow(words);
    }
  });

  it('are refused where they would answer wrongly, with what to do', async () => {
    const refused = async (graph: OnnxGraph, options = {}): Promise<void> => {
      const file = await write('refused.onnx', graph.toBytes());
      await importModelFile(file, { classes, ...scaling, ...options });
    };
    await expect(refused(foreign({ end: 'Sigmoid' }))).rejects.toThrow(/found Sigmoid/);
    await expect(refused(foreign({ odd: 'NonZero' }))).rejects.toThrow(/its graph can't be taken: .*NonZero/);
    await expect(refused(foreign(), { classes: ['a', 'b'] })).rejects.toThrow(/--classes: expected 3 names/);
    await expect(refused(foreign(), { scale: undefined, mean: undefined, std: undefined })).rejects.toThrow(
      /Add one of --scale 1 /,
    );
    const file = await write('text.onnx', new TextEncoder().encode('not a model'));
    await expect(importModelFile(file, { classes, ...scaling })).rejects.toThrow(/expected an ONNX file/);
  });
});
