import { describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights, type Network, type Weights } from '../engine/compile/network.js';
import { compileTrainingStep, initialState } from '../engine/compile/training-step.js';
import { classification } from '../engine/nn/classification.js';
import { sgd } from '../engine/optim/transforms.js';
import { openSession } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { TrainingSession } from '../engine/training/training-session.js';
import { Random } from '../random/random.js';
import { tinyModel } from './residual.js';

const side = 16;
const images = 6;
const networkOf = (extraBlocks: number): Network => ({
  layer: tinyModel(3, { extraBlocks }),
  imageShape: [1, side, side],
  inputShape: [1, side, side],
  preprocessing: { scale: 1 / 255, offset: 0 },
});
const drawn = new Random(3, 'pixels');
const pixels = Float32Array.from({ length: images * side * side }, () => drawn.uniform(0, 255));

async function logitsOf(network: Network, stored: Weights): Promise<number[]> {
  const session = await openSession(compileForward(network, 'cpu', { stored }).toBytes());
  const { logits } = await session.run({ pixels: floatTensor([images, 1, side, side], pixels) });
  await session.close();
  return [...logits!.data].map(Number);
}

describe('extra blocks', () => {
  it('stand at the end of each stage, beside blocks whose names stay', () => {
    const paths = (extraBlocks: number) =>
      Object.keys(initializeWeights(networkOf(extraBlocks), 1).parameters).filter((path) =>
        path.endsWith('conv1/kernel'),
      );
    const name = (path: string) => path.split('/')[0];
    expect(paths(0).map(name)).toEqual(['block1', 'block2', 'block3', 'block4']);
    expect(paths(2).map(name)).toEqual(
      [1, 2, 3, 4].flatMap((i) => [`block${i}`, `block${i}extra1`, `block${i}extra2`]),
    );
  });

  it('leave what a network computes as it is, and learn', async () => {
    const [without, deeper] = [networkOf(0), networkOf(1)];
    const trained = initializeWeights(without, 1);
    const random = new Random(1, 'as if trained');
    for (const { data } of Object.values(trained.parameters))
      data.forEach((value, i) => {
        data[i] = Number(value) + random.uniform(-0.3, 0.3); // no block is its shortcut alone
      });
    const weights = initializeWeights(deeper, 2);
    for (const kind of ['parameters', 'state'] as const) Object.assign(weights[kind], trained[kind]);
    const expected = await logitsOf(without, trained);
    const logits = await logitsOf(deeper, weights);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
    logits.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });

    const optimizer = sgd();
    const session = new TrainingSession(
      (batchSize) =>
        compileTrainingStep({
          network: deeper,
          batchSize,
          objective: classification(3),
          optimizer,
          provider: 'cpu',
          ema: false,
        }),
      initialState(weights, optimizer, false),
      { optimizer, seed: 1, emaDecay: null, threads: 1 },
    );
    const targets = Float32Array.from({ length: images * 3 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    // the first step moves the last scale of a block from zero, the second what lies before it
    for (const step of [1, 2])
      await session.run(images, { inputs: { pixels, targets }, step, learningRate: 0.1 });
    const carried = await session.readCarried();
    await session.close();
    for (const [path, { data }] of Object.entries(weights.parameters).filter(([name]) =>
      name.includes('extra'),
    ))
      expect(
        carried[`parameters/${path}`]!.data.some((value, i) => value !== data[i]),
        path,
      ).toBe(true);
  });
});
