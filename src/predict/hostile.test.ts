// Model files that are damaged, or made to do harm: every one is refused in words, or is a model that answers.

import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights } from '../engine/compile/network.js';
import { sequential } from '../engine/nn/compose.js';
import { batchNormalization, conv2d, dense, flatten } from '../engine/nn/layers.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { rewriteForInterchange } from '../engine/onnx/interchange.js';
import { attributeProto, type ModelProto, OnnxGraph, parseModel, tensorProto } from '../engine/onnx/model.js';
import {
  TensorProto_DataLocation as DataLocation,
  FunctionProtoSchema,
  ModelProtoSchema,
  SparseTensorProtoSchema,
} from '../engine/onnx/schema/onnx_pb.js';
import { tensorType } from '../engine/tensor/type.js';
import { FerlabError } from '../errors.js';
import { Random } from '../random/random.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from './metadata.js';
import { loadModelFromBytes } from './model.js';

const metadata = {
  format: modelFormat,
  version: '1.0.0',
  task: 'classify',
  classes: ['happy', 'sad', 'neutral'],
  input: { width: 6, height: 4, channels: 1, range: [0, 255] },
  training: {},
  dataset: { name: 'faces', counts: {}, fingerprints: {} },
  metrics: {},
} satisfies ModelMetadata;

const limitMilliseconds = 2000;
const image = { width: 3, height: 3, data: new Uint8Array(9).fill(7) };

function makeModel(changes: Record<string, unknown> = {}): ModelProto {
  const network = {
    layer: sequential({
      conv: conv2d({ filters: 2, kernelSize: 3 }),
      norm: batchNormalization({ momentum: 0.9, epsilon: 1e-3 }),
      flatten: flatten(),
      logits: dense({ units: 3 }),
    }),
    inputShape: [1, 4, 6],
    preprocessing: { scale: 1 / 255, offset: 0 },
  };
  const onnx = compileForward(network, 'webgpu', { stored: initializeWeights(network, 1) });
  const properties = encodeMetadata({ ...metadata, ...changes } as ModelMetadata);
  const model = onnx.toModel({ name: 'ferlab', version: '1.0.0' }, properties);
  rewriteForInterchange(model);
  return model;
}

/** Opens a file and predicts. Returns `usable`, or the message of the refusal; anything else fails. */
async function outcome(bytes: Uint8Array): Promise<string> {
  const started = performance.now();
  try {
    const model = await loadModelFromBytes(bytes, { name: 'm.onnx', threads: 1 });
    try {
      const [prediction] = await model.predict([image]);
      const values = Object.values(prediction!.probabilities);
      if (values.length !== model.classes.length || !values.every((value) => value >= 0 && value <= 1.001))
        throw new Error(`unusable answers: ${values}`);
      return 'usable';
    } finally {
      await model.close();
    }
  } catch (error) {
    if (!(error instanceof FerlabError) || error.kind !== 'model') throw error;
    return error.message;
  } finally {
    expect(performance.now() - started).toBeLessThan(limitMilliseconds);
  }
}

/** Bits flipped, cut short, or bytes overwritten where sizes and names stand: at the beginning or at the end. */
function damage(whole: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed, 'damage');
  const bytes = Uint8Array.from(whole);
  const times = 1 + random.integer(6);
  switch (seed % 4) {
    case 0:
      for (let i = 0; i < times; i++) bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
      return bytes;
    case 1:
      return bytes.subarray(0, random.integer(bytes.length));
    case 2:
      for (let i = 0; i < times; i++) bytes[random.integer(1000)] = random.integer(256);
      return bytes;
    default:
      for (let i = 0; i < times; i++) bytes[bytes.length - 1 - random.integer(1500)] = random.integer(256);
      return bytes;
  }
}

describe('model files of others', () => {
  it('are refused or answer, 2,000 of them in one process that does not grow', async () => {
    const whole = serializeModel(makeModel());
    expect(await outcome(whole)).toBe('usable');
    const counts = { usable: 0, refused: 0 };
    let memory = 0;
    for (let seed = 0; seed < 2000; seed++) {
      counts[(await outcome(damage(whole, seed))) === 'usable' ? 'usable' : 'refused']++;
      if (seed === 500) memory = process.memoryUsage().rss;
    }
    expect(counts.usable).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(1000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(100e6);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a number of classes', { classes: 1e9 }, /ferlab\.classes is wrong/],
    ['a class more', { classes: ['a', 'b', 'c', 'd'] }, /logits are 3, its metadata names 4 classes/],
    ['a size too large', { input: { ...metadata.input, width: 1e9 } }, /ferlab\.input\.width is wrong/],
    ['another size', { input: { ...metadata.input, width: 8 } }, /images are 1 x 4 x 6, .* says 1 x 4 x 8/],
  ])('lie about themselves: %s', async (_, changes, words) => {
    expect(await outcome(serializeModel(makeModel(changes)))).toMatch(words);
  });

  const harms: [string, (model: ModelProto) => void, RegExp][] = [
    [
      'a tensor of a terabyte',
      ({ graph }) => {
        graph!.initializer.find(({ name }) => name.endsWith('kernel'))!.dims = [1n << 20n, 1n << 20n];
      },
      /of \[1048576, 1048576\] holds \d+ bytes/,
    ],
    [
      'a tensor in another file',
      ({ graph }) => {
        graph!.initializer[0]!.dataLocation = DataLocation.EXTERNAL;
      },
      /lies in another file/,
    ],
    [
      'an operator that loops',
      ({ graph }) => {
        graph!.node[0]!.opType = 'Loop';
      },
      /the operator "Loop"/,
    ],
    [
      'an operator that makes tensors of any size',
      ({ graph }) => {
        graph!.node[0]!.opType = 'ConstantOfShape';
      },
      /the operator "ConstantOfShape"/,
    ],
    [
      'an operator of another domain',
      (model) => {
        model.opsetImport.push({ ...model.opsetImport[0]!, domain: 'com.example' });
      },
      /operators of the domain "com\.example"/,
    ],
    [
      'a border of a billion pixels',
      ({ graph }) => {
        const { attribute } = graph!.node.find(({ opType }) => opType === 'Conv')!;
        attribute.find(({ name }) => name === 'pads')!.ints = [1_000_000_000n, 0n, 0n, 0n];
      },
      /attribute "pads" of its operator Conv is out of range/,
    ],
    [
      'a graph within an operator',
      ({ graph }) => {
        graph!.node[0]!.attribute.push(
          attributeProto('body', { node: new OnnxGraph('inner').toGraph() }.node),
        );
      },
      /attribute "body" .* is out of range/,
    ],
    [
      'values that double with every operator',
      ({ graph }) => {
        const node = graph!.node.find(({ opType }) => opType === 'Conv')!;
        Object.assign(node, { opType: 'Concat', input: [node.input[0]!, node.input[0]!] });
      },
      /joins a value with itself/,
    ],
    [
      'a border of a billion pixels, stored as a tensor',
      ({ graph }) => {
        const node = graph!.node.find(({ opType }) => opType === 'Conv')!;
        graph!.initializer.push(
          tensorProto('border', {
            type: tensorType('int64', [8]),
            data: new BigInt64Array(8).fill(1_000_000_000n),
          }),
        );
        Object.assign(node, { opType: 'Pad', input: [node.input[0]!, 'border'], attribute: [] });
      },
      /border of its operator Pad is out of range/,
    ],
    [
      'a border that is computed',
      ({ graph }) => {
        const node = graph!.node.find(({ opType }) => opType === 'Conv')!;
        Object.assign(node, { opType: 'Pad', input: [node.input[0]!, node.input[0]!], attribute: [] });
      },
      /a border that isn't stored/,
    ],
    [
      'a sparse tensor, whose size nothing bounds',
      ({ graph }) => {
        graph!.sparseInitializer.push(create(SparseTensorProtoSchema, { dims: [1n << 40n] }));
      },
      /the field 15 in a graph/,
    ],
    [
      'functions',
      (model) => {
        model.functions.push(create(FunctionProtoSchema, { name: 'f' }));
      },
      /defines functions/,
    ],
    [
      'weights that are not numbers',
      ({ graph }) => {
        const { rawData } = graph!.initializer.find(({ name }) => name.endsWith('kernel'))!;
        new DataView(rawData.buffer, rawData.byteOffset).setFloat32(0, Number.NaN, true);
      },
      /answers with values that are not numbers/,
    ],
    [
      'no graph',
      (model) => {
        delete model.graph;
      },
      /has no graph/,
    ],
  ];
  it.each(harms)('are refused with %s', async (_, harm, words) => {
    const model = parseModel(serializeModel(makeModel()));
    harm(model);
    expect(await outcome(serializeModel(model))).toMatch(words);
  });

  it('are refused with two graphs, which a reader may join', async () => {
    const { graph } = makeModel();
    const second = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: graph! }));
    expect(await outcome(Buffer.concat([serializeModel(makeModel()), second]))).toMatch(
      /the field 7 2 times/,
    );
  });
});
