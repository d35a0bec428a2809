// Conformance of every operator in the table on a device: ONNX Runtime's output against the plain reference, and the
// lowered gradient graph against central differences of the reference.

import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/autodiff/gradients.js';
import { lowerGraph } from '../../src/engine/compile/lower.js';
import { Graph, type OpCase, type OpDefinition, type Value } from '../../src/engine/ir/graph.js';
import type { Provider } from '../../src/engine/ir/lowering.js';
import { add, multiply } from '../../src/engine/ops/elementwise.js';
import { reduceSum } from '../../src/engine/ops/sum.js';
import { operators } from '../../src/engine/ops/table.js';
import type { Device } from '../../src/engine/runtime/device.js';
import { openSession } from '../../src/engine/runtime/session.js';
import { allocate, type HostTensor, NdArray } from '../../src/engine/tensor/array.js';
import { elementCount, type TensorType, tensorType } from '../../src/engine/tensor/type.js';
import { Random } from '../../src/random/random.js';

type AnyCase = OpCase<unknown>;

interface Target {
  device: Device;
  provider: Provider;
}

/** Values in steps of 1/64, so that float32 holds them exactly. */
function drawInputs(testCase: AnyCase, random: Random): NdArray[] {
  return testCase.inputs.map((shape, which) => {
    const count = elementCount(shape);
    let values = Array.from({ length: count }, () => Math.round(random.normal() * 64) / 64 || 1 / 64);
    if (testCase.draw === 'positive') values = values.map((value) => Math.abs(value) + 0.25);
    if (testCase.draw === 'bytes') values = values.map(() => random.integer(256));
    if (testCase.draw === 'distinct') {
      values = random.shuffle(Array.from({ length: count }, (_, i) => (i - count / 2) / 8));
    }
    if (testCase.draw === 'probabilities' && which === 1) {
      const columns = shape[1]!;
      values = values.map((value) => Math.abs(value) + 0.1);
      values = values.map((value, i) => {
        const row = values.slice(i - (i % columns), i - (i % columns) + columns);
        return Math.fround(value / row.reduce((sum, x) => sum + x, 0));
      });
    }
    return NdArray.from(shape, values);
  });
}

function inputType({ draw }: AnyCase, { shape }: NdArray): TensorType {
  return tensorType(draw === 'bytes' ? 'int32' : 'float32', shape);
}

function toTensor(type: TensorType, { data }: NdArray): HostTensor {
  const tensor = allocate(type) as { type: TensorType; data: Float32Array | Int32Array };
  tensor.data.set(data);
  return tensor;
}

/** Runs named outputs of a graph, written for a provider, on a device. */
async function run(
  { device, provider }: Target,
  graph: Graph,
  outputs: Record<string, Value>,
  feeds: Record<string, HostTensor>,
) {
  const model = lowerGraph(graph, { name: 'test', provider, outputs }).toBytes();
  const session = await openSession(model, { threads: 1, device });
  const results = await session.run(feeds);
  await session.close();
  return results;
}

function expectClose(
  actual: ArrayLike<number | bigint>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const limit = tolerance * Math.max(1, Math.abs(expected[i]!));
    expect(
      Math.abs(Number(actual[i]) - expected[i]!),
      `element ${i}: ${actual[i]} for ${expected[i]}`,
    ).toBeLessThan(limit);
  }
}

/**
 * Declares the tests of every operator.
 *
 * @param tolerances of values and of gradients, relative above 1.
 * @param provider whose forms the graphs are written in; the device's own unless given.
 */
export function describeOperators(
  device: Device,
  tolerances: { value: number; gradient: number },
  provider: Provider = device,
): void {
  const target: Target = { device, provider };
  describe.each(Object.entries(operators) as [string, OpDefinition<unknown>][])('%s', (_name, op) => {
    if (op.cases.length === 0)
      it.skip('has no cases of its own: it is tested as the gradient of its forward operator', () => {});
    for (const testCase of op.cases as AnyCase[]) {
      const inputs = drawInputs(testCase, new Random(7, op.name, testCase.name));
      const feeds = Object.fromEntries(
        inputs.map((input, i) => [`x${i}`, toTensor(inputType(testCase, input), input)]),
      );

      it(`gives what its reference gives: ${testCase.name}`, async () => {
        const graph = new Graph();
        const values = inputs.map((input, i) => graph.input(`x${i}`, inputType(testCase, input)));
        const outputs = graph.apply(op, values, testCase.attributes);
        const compared = outputs.filter(({ type }) => type.dtype === 'float32' || provider === 'cpu');
        const results = await run(
          target,
          graph,
          Object.fromEntries(compared.map((value) => [`y${outputs.indexOf(value)}`, value])),
          feeds,
        );
        op.reference(inputs, testCase.attributes).forEach((expected, i) => {
          // Which element won is told in each provider's own way; the gradient shows that it is read right.
          if (outputs[i]!.type.dtype !== 'float32' && provider !== 'cpu') return;
          expect(results[`y${i}`]!.type.shape).toEqual([...expected.shape]);
          expectClose(results[`y${i}`]!.data, expected.data, tolerances.value);
        });
      });

      if (op.gradient === null) continue;
      it(`has the gradient that central differences give: ${testCase.name}`, async () => {
        const graph = new Graph();
        const values = inputs.map((input, i) => graph.input(`x${i}`, inputType(testCase, input)));
        const outputs = graph
          .apply(op, values, testCase.attributes)
          .filter((value) => value.type.dtype === 'float32');
        // The loss weighs every output element differently, so that no error cancels.
        const random = new Random(11, op.name, testCase.name);
        const weights = outputs.map((value) =>
          Array.from({ length: elementCount(value.shape) }, () => random.uniform(0.5, 1.5)),
        );
        const parts = outputs.map((value, i) =>
          reduceSum(
            multiply(value, graph.constant(value.type, Float32Array.from(weights[i]!))),
            value.shape.map((_, axis) => axis),
          ),
        );
        const zero = graph.constant(tensorType('float32', []), Float32Array.of(0));
        const wrt = op.name === 'SoftmaxCrossEntropy' ? values.slice(0, 1) : values; // targets get no gradient
        if (op.name === 'Sign') return expect(() => gradients(parts.reduce(add, zero), wrt)).toThrow();
        const result = gradients(parts.reduce(add, zero), wrt);
        const analytic = await run(
          target,
          graph,
          Object.fromEntries(result.map((value, i) => [`g${i}`, value])),
          feeds,
        );

        const loss = (): number =>
          op.reference(inputs, testCase.attributes).reduce((sum, output, i) => {
            const weight = weights[i];
            return weight === undefined
              ? sum
              : sum + output.data.reduce((s, value, j) => s + value * weight[j]!, 0);
          }, 0);
        const step = 1e-4;
        wrt.forEach((_, which) => {
          const data = inputs[which]!.data;
          const numeric = Array.from(data, (value, i) => {
            data[i] = value + step;
            const above = loss();
            data[i] = value - step;
            const below = loss();
            data[i] = value;
            return (above - below) / (2 * step);
          });
          expectClose(analytic[`g${which}`]!.data, numeric, tolerances.gradient);
        });
        return undefined;
      });
    }
  });
}
