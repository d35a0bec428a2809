import { describe, expect, it } from 'vitest';
import { Random } from '../../random/random.js';
import { gradients } from '../autodiff/gradients.js';
import { lowerGraph } from '../compile/lower.js';
import { Graph } from '../ir/graph.js';
import { softmaxCrossEntropy } from '../ops/loss.js';
import { reduceSum } from '../ops/sum.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { tensorType } from '../tensor/type.js';
import { type Distillation, distillationLoss, withDistillation } from './distillation.js';

function softmaxOf(row: readonly number[], temperature: number): number[] {
  const powers = row.map((value) => Math.exp(value / temperature));
  return powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
}

/** The loss of one row in double precision, by its definition. */
function plainLoss(
  logits: readonly number[],
  targets: readonly number[],
  teacher: readonly number[],
  { weight, temperature }: Distillation,
): number {
  const p = softmaxOf(teacher, temperature);
  const q = softmaxOf(logits, temperature);
  const divergence = p.reduce((sum, share, k) => sum + share * Math.log(share / q[k]!), 0);
  const plain = softmaxOf(logits, 1);
  const labelLoss = -targets.reduce((sum, share, k) => sum + share * Math.log(plain[k]!), 0);
  return (1 - weight) * labelLoss + weight * temperature ** 2 * divergence;
}

/** Loss per row, and the gradient of their sum by the logits. */
async function run(
  logits: readonly number[][],
  targets: readonly number[][],
  teacher: readonly number[][],
  distillation: Distillation,
): Promise<{ losses: number[]; gradient: number[] }> {
  const shape = [logits.length, logits[0]!.length];
  const graph = new Graph();
  const [x, y, t] = ['x', 'y', 't'].map((name) => graph.input(name, tensorType('float32', shape)));
  const losses = withDistillation(softmaxCrossEntropy(x!, y!), x!, t!, distillation);
  const [gradient] = gradients(reduceSum(losses, [0]), [x!]);
  const onnx = lowerGraph(graph, { name: 'test', provider: 'cpu', outputs: { losses, gradient: gradient! } });
  const session = await openSession(onnx.toBytes(), { threads: 1 });
  const results = await session.run({
    x: floatTensor(shape, logits.flat()),
    y: floatTensor(shape, targets.flat()),
    t: floatTensor(shape, teacher.flat()),
  });
  await session.close();
  return {
    losses: [...results.losses!.data].map(Number),
    gradient: [...results.gradient!.data].map(Number),
  };
}

describe('distillation', () => {
  it('gives the numbers of a calculation by hand', async () => {
    // Teacher at T = 2: softmax(ln 3, 0) = (3/4, 1/4); student: (1/2, 1/2) at any T.
    // KL = 3/4 ln(3/2) + 1/4 ln(1/2) = 0.130812, times T^2 = 0.523248. Cross-entropy with the label: ln 2.
    const at = (weight: number) =>
      run([[0, 0]], [[1, 0]], [[2 * Math.log(3), 0]], { weight, temperature: 2 });
    expect((await at(1)).losses[0]).toBeCloseTo(0.523248, 5);
    expect((await at(0)).losses[0]).toBeCloseTo(Math.LN2, 5);
    const mixed = await at(0.75);
    expect(mixed.losses[0]).toBeCloseTo(0.25 * Math.LN2 + 0.75 * 0.523248, 5);
    // By the logits: (1 - a) (q1 - y) + a T (qT - pT) = 1/4 (-1/2) + 3/4 2 (1/2 - 3/4) for the first class.
    expect(mixed.gradient[0]).toBeCloseTo(-0.5, 5);
    expect(mixed.gradient[1]).toBeCloseTo(0.5, 5);
  });

  it.each([
    { weight: 0.7, temperature: 3 },
    { weight: 1, temperature: 0.5 },
    { weight: 0.3, temperature: 1 },
  ])('has the gradient that central differences give: %j', async (distillation) => {
    const random = new Random(5);
    const draw = () => Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => random.normal()));
    const [logits, teacher] = [draw(), draw()];
    const targets = draw().map((row) => softmaxOf(row, 1));
    const { losses, gradient } = await run(logits, targets, teacher, distillation);
    const loss = (i: number) => plainLoss(logits[i]!, targets[i]!, teacher[i]!, distillation);
    const step = 1e-5;
    logits.forEach((row, i) => {
      expect(losses[i]).toBeCloseTo(loss(i), 4);
      row.forEach((value, k) => {
        row[k] = value + step;
        const above = loss(i);
        row[k] = value - step;
        const below = loss(i);
        row[k] = value;
        expect(gradient[i * 4 + k]).toBeCloseTo((above - below) / (2 * step), 4);
      });
    });
  });

  it('is 0 where the student says what the teacher says, however certain', async () => {
    const graph = new Graph();
    const x = graph.input('x', tensorType('float32', [2, 3]));
    const onnx = lowerGraph(graph, {
      name: 'test',
      provider: 'cpu',
      outputs: { losses: distillationLoss(x, x, 3) },
    });
    const session = await openSession(onnx.toBytes(), { threads: 1 });
    const { losses } = await session.run({ x: floatTensor([2, 3], [1, -2, 0.5, 900, 0, -900]) });
    await session.close();
    expect([...losses!.data]).toEqual([0, 0]);
  });
});
