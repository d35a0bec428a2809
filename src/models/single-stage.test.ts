// The single-stage detector: its size, the format of its file, its outputs for pictures of several sizes, where its cells
// look, and its gradients.

import { describe, expect, it } from 'vitest';
import { expectGradients } from '../../test/conformance/network-gradient.js';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights, parameterCount, type Tensors } from '../engine/compile/network.js';
import type { Objective } from '../engine/nn/objective.js';
import { parseModel } from '../engine/onnx/model.js';
import { add, multiply, subtract } from '../engine/ops/elementwise.js';
import { sigmoidCrossEntropy } from '../engine/ops/loss.js';
import { reduceMean } from '../engine/ops/mean.js';
import { openSession } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { elementCount } from '../engine/tensor/type.js';
import { Random } from '../random/random.js';
import {
  type CellPart,
  cellCount,
  cellOutput,
  cellParts,
  cellStrides,
  encodeSingleStage,
  singleStageNetwork,
} from './single-stage.js';

const size = { height: 64, width: 96 };
const network = singleStageNetwork(size);
/** As after some training: the first normalization knows how large pixels are. */
const weights = (() => {
  const start = initializeWeights(network, 3);
  const random = new Random(3, 'statistics');
  const vary = (around: number) => (_: number, i: number) =>
    around * random.uniform(0.5, 1.5) + (i % 3) * 0.1;
  const near = (tensors: Tensors, ending: string, around: number) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([path]) => path.endsWith(ending))
        .map(([path, { type, data }]) => [
          path,
          floatTensor(type.shape, Float32Array.from(data as Float32Array, vary(around))),
        ]),
    );
  const { parameters, state } = start;
  return {
    parameters: { ...parameters, ...near(parameters, '/gamma', 1), ...near(parameters, '/beta', 0.2) },
    state: {
      ...near(state, '/mean', 0.1),
      ...near(state, '/variance', 1),
      ...near(state, 'patch/norm/variance', 4e4),
    },
  };
})();

function picture(shape: readonly number[], seed = 1) {
  const random = new Random(seed, 'picture');
  return floatTensor(
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => random.integer(256)),
  );
}

it('has at most 150,000 parameters, and costs at 640x480 what a CPU can do 30 times a second', () => {
  expect(parameterCount(network)).toBe(126_192);
  expect(singleStageNetwork({ height: 480, width: 640 }).layer.describe([3, 480, 640]).multiplyAdds).toBe(
    280_627_200,
  );
});

it('refuses sides that its coarsest cells do not fit', () => {
  expect(() => singleStageNetwork({ height: 64, width: 100 })).toThrow('multiples of 32, got 100x64');
});

it('has the gradients that central differences give', async () => {
  const outputs = cellStrides.flatMap((stride) =>
    Object.entries(cellParts).map(([part, count]) => ({
      name: cellOutput(part as CellPart, stride),
      shape: [cellCount(size, stride), count],
    })),
  );
  const random = new Random(8, 'targets');
  const drawn = (shape: readonly number[]) =>
    floatTensor(
      shape,
      Float32Array.from({ length: elementCount(shape) }, () => random.uniform(0, 1)),
    );
  const objective: Objective = {
    inputs: Object.fromEntries(outputs.map(({ name, shape }) => [name, shape])),
    loss(answers, targets) {
      const losses = outputs.map(({ name }) => {
        const difference = subtract(answers[name]!, targets[name]!);
        const loss = /cls|obj/.test(name)
          ? sigmoidCrossEntropy(answers[name]!, targets[name]!)
          : multiply(difference, difference);
        return reduceMean(loss, [0, 1, 2]);
      });
      return { loss: losses.reduce(add), measures: {} };
    },
  };
  await expectGradients(network, objective, {
    pixels: picture([2, ...network.inputShape]),
    ...Object.fromEntries(outputs.map(({ name, shape }) => [name, drawn([2, ...shape])])),
  });
});

describe('the model file', () => {
  const bytes = encodeSingleStage(weights);

  it('has the names and axes of YuNet, with free sizes', () => {
    const { graph } = parseModel(bytes);
    const axes = (values: NonNullable<typeof graph>['input']) =>
      Object.fromEntries(
        values.map(({ name, type }) => {
          const tensor = type!.value.value as { shape: { dim: { value: { value?: unknown } }[] } };
          return [name, tensor.shape.dim.map(({ value }) => String(value.value))];
        }),
      );
    expect(axes(graph!.input)).toEqual({ input: ['N', '3', 'height', 'width'] });
    const expected = cellStrides.flatMap((stride) =>
      Object.entries(cellParts).map(([part, count]) => [
        `${part}_${stride}`,
        ['N', `cells_${stride}`, `${count}`],
      ]),
    );
    expect(axes(graph!.output)).toEqual(Object.fromEntries(expected));
  });

  it('is made of convolutions with their own biases, which OpenCV reads at any size', () => {
    const { graph } = parseModel(bytes);
    const types = graph!.node.map(({ opType }) => opType);
    expect([...new Set(types)].sort()).toEqual(
      ['Conv', 'Relu', 'Resize', 'Add', 'Transpose', 'Reshape', 'Slice', 'Sigmoid'].sort(),
    );
    expect(types.filter((type) => type === 'Add')).toHaveLength(2); // from level to level
    for (const { opType, input } of graph!.node) if (opType === 'Conv') expect(input).toHaveLength(3);
  });

  it.each([
    [1, 64, 64],
    [3, 32, 160],
    [2, 224, 96],
  ])('takes %i pictures of %ix%i', async (images, height, width) => {
    const session = await openSession(bytes, { threads: 1 });
    const results = await session.run({ input: picture([images, 3, height, width]) });
    await session.close();
    for (const stride of cellStrides) {
      for (const [part, count] of Object.entries(cellParts)) {
        const { type, data } = results[`${part}_${stride}`]!;
        expect(type.shape).toEqual([images, cellCount({ height, width }, stride), count]);
        if (part === 'cls' || part === 'obj')
          for (const value of data) expect(Number(value) > 0 && Number(value) < 1).toBe(true);
      }
    }
  });

  it('gives what the network gives that it was written from', async () => {
    const pixels = picture([2, ...network.inputShape]);
    const plain = compileForward(network, 'cpu', {
      stored: weights,
      answers: (outputs) => outputs,
    }).toBytes();
    const [expected, found] = await Promise.all(
      [plain, bytes].map(async (model) => {
        const session = await openSession(model, { threads: 1 });
        const results = await session.run({ pixels, input: pixels });
        await session.close();
        return results;
      }),
    );
    for (const [name, { data }] of Object.entries(expected!)) {
      const probability = /cls|obj/.test(name);
      data.forEach((value, i) => {
        const wanted = probability ? 1 / (1 + Math.exp(-Number(value))) : Number(value);
        expect(Math.abs(Number(found![name]!.data[i]) - wanted)).toBeLessThan(
          1e-3 * Math.max(1, Math.abs(wanted)),
        );
      });
    }
  });

  it('has its cells row by row: what changes at the right changes the cells there, in a picture that is not square', async () => {
    const session = await openSession(bytes, { threads: 1 });
    const { height, width } = { height: 96, width: 256 };
    const plain = picture([1, 3, height, width]);
    const changed = floatTensor(plain.type.shape, (plain.data as Float32Array).slice());
    // The lower right corner: rows 88 to 95, columns 248 to 255.
    for (let c = 0; c < 3; c++)
      for (let y = 88; y < 96; y++)
        for (let x = 248; x < 256; x++) changed.data[(c * height + y) * width + x] = 255;
    const name = cellOutput('obj', 8);
    const [before, after] = [await session.run({ input: plain }), await session.run({ input: changed })];
    await session.close();
    const columns = width / 8;
    const moved = [...before[name]!.data].flatMap((value, i) => (value === after[name]!.data[i] ? [] : [i]));
    expect(moved).toContain(columns * (height / 8) - 1);
    // Far to the left, nothing of it is seen.
    for (const cell of moved) expect(cell % columns).toBeGreaterThan(8);
  });
});
