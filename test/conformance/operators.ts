// Conformance of every operator in the table on a device: ONNX Runtime's output against the plain reference, and the
// lowered gradient graph against central differences of the reference.

import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/autodiff/gradients.js';
import { lowerGraph } from '../../src/engine/compile/lower.js';
import type { Provider } from '../../src/engine/ir/graph.js';
import { Graph, type OpCase, type OpDefinition, type Value } from '../../src/engine/ir/graph.js';
import { add, multiply } from '../../src/engine/ops/elementwise.js';
import { reduceSum } from '../../src/engine/ops/sum.js';
import { operators } from '../../src/engine/ops/table.js';
import type { Device } from '../../src/engine/runtime/device.js';
import { openSession } from '../../src/engine/runtime/session.js';
import { allocate, type HostTensor, NdArray } from '../../src/engine/tensor/array.js';
import { elementCount, type TensorType, tensorType } from '../../src/engine/tensor/type.js';
import { Random } from '../../src/random/random.js';

type AnyCase = OpCase<unknown>;

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

/** What a graph's outputs are in every form that differs from those before, by the provider that it is written for. */
async function runForms(
  device: Device,
  providers: readonly Provider[],
  lowered: (provider: Provider) => Uint8Array,
  feeds: Record<string, HostTensor>,
): Promise<{ provider: Provider; results: Record<string, HostTensor> }[]> {
  const forms: Buffer[] = [];
  const answers: { provider: Provider; results: Record<string, HostTensor> }[] = [];
  for (const provider of providers) {
    const model = Buffer.from(lowered(provider));
    if (forms.some((form) => form.equals(model))) continue; // the same bytes give the same answer
    forms.push(model);
    const session = await openSession(model, { threads: 1, device });
    answers.push({ provider, results: await session.run(feeds) });
    await session.close();
  }
  return answers;
}

/** The graph as a model file for a provider, with those of `outputs` that `isWanted`, named by prefix and place. */
function lower(
  graph: Graph,
  provider: Provider,
  prefix: string,
  outputs: readonly Value[],
  isWanted: (i: number) => boolean = () => true,
): Uint8Array {
  const named = outputs.map((value, i) => [`${prefix}${i}`, value] as const);
  return lowerGraph(graph, {
    name: 'test',
    provider,
    outputs: Object.fromEntries(named.filter((_, i) => isWanted(i))),
  }).toBytes();
}

function expectClose(
  actual: ArrayLike<number | bigint>,
  expected: ArrayLike<number>,
  tolerance: number,
  provider: Provider,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const limit = tolerance * Math.max(1, Math.abs(expected[i]!));
    expect(
      Math.abs(Number(actual[i]) - expected[i]!),
      `element ${i}, as written for ${provider}: ${actual[i]} for ${expected[i]}`,
    ).toBeLessThan(limit);
  }
}

/**
 * Declares the tests of every operator.
 *
 * @param tolerances of values and of gradients, relative above 1.
 * @param providers whose forms the graphs are written in; a form with the bytes of an earlier one isn't run again.
 */
export function describeOperators(
  device: Device,
  tolerances: { value: number; gradient: number },
  providers: readonly Provider[] = [device],
): void {
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
        // Each provider writes in its own way which element won; the gradient shows that it is read right.
        const isCompared = (i: number, provider: Provider) =>
          outputs[i]!.type.dtype === 'float32' || provider === 'cpu';
        const lowered = (provider: Provider) =>
          lower(graph, provider, 'y', outputs, (i) => isCompared(i, provider));
        const expected = op.reference(inputs, testCase.attributes);
        for (const { provider, results } of await runForms(device, providers, lowered, feeds)) {
          expected.forEach(({ shape, data }, i) => {
            if (!isCompared(i, provider)) return;
            expect(results[`y${i}`]!.type.shape).toEqual([...shape]);
            expectClose(results[`y${i}`]!.data, data, tolerances.value, provider);
          });
        }
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
        const total = parts.reduce(add, zero);
        const { nonDifferentiable = [] } = op;
        for (const which of nonDifferentiable)
          expect(() => gradients(total, [values[which]!])).toThrow(`the loss doesn't depend on x${which}`);
        const wrt = values.flatMap((value, which) =>
          nonDifferentiable.includes(which) ? [] : [{ value, data: inputs[which]!.data }],
        );
        if (wrt.length === 0) return;
        const result = gradients(
          total,
          wrt.map(({ value }) => value),
        );
        const lowered = (provider: Provider) => lower(graph, provider, 'g', result);
        const answers = await runForms(device, providers, lowered, feeds);

        const loss = (): number =>
          op.reference(inputs, testCase.attributes).reduce((sum, output, i) => {
            const weight = weights[i];
            return weight === undefined
              ? sum
              : sum + output.data.reduce((s, value, j) => s + value * weight[j]!, 0);
          }, 0);
        const step = 1e-4;
        wrt.forEach(({ data }, which) => {
          const numeric = Array.from(data, (value, i) => {
            data[i] = value + step;
            const above = loss();
            data[i] = value - step;
            const below = loss();
            data[i] = value;
            return (above - below) / (2 * step);
          });
          for (const { provider, results } of answers)
            expectClose(results[`g${which}`]!.data, numeric, tolerances.gradient, provider);
        });
      });
    }
  });
}
