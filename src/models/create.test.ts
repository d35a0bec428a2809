import { describe, expect, it } from 'vitest';
import { compileForward } from '../engine/compile/forward.js';
import { initializeWeights, inputProblem, takesImagesOf } from '../engine/compile/network.js';
import { openSession } from '../engine/runtime/session.js';
import { floatTensor } from '../engine/tensor/array.js';
import { architectures, type ModelName, modelNames } from './architectures.js';
import { createNetwork, type ModelConfig, summarizeNetwork } from './create.js';

function config(name: ModelName, extraBlocks = 0): ModelConfig {
  if (name === 'tiny' || name === 'medium' || name === 'large') return { name, extraBlocks };
  if (name === 'deepid' || name === 'deepface') return { name };
  return {
    name,
    convFilters: [64, 128, 256],
    kernelSize: 3,
    denseUnits: [256, 512],
    dropout: { conv: 0.25, dense: 0.25 },
    batchNorm: { momentum: 0.99, epsilon: 1e-3 },
  };
}
const size = { width: 48, height: 48 };

describe('createNetwork', () => {
  // Counted by hand from the architectures: seed 2 x (64 9 48^2 + 128 64 9 24^2 + 256 128 9 12^2 + 9216 256 + 256 512 +
  // 512 7) FLOPs; the residual networks by the recipes that they follow.
  it.each<[ModelName, number | null, number, number]>([
    ['seed', null, 177.511424, 2_865_607],
    ['tiny', 44, 33.3, 557_575],
    ['medium', 44, 232.6, 1_582_139],
    ['large', 44, 2192.2, 11_171_271],
  ])('%s has the cost it is known for', (name, crop, megaflops, parameters) => {
    const summary = summarizeNetwork(config(name), createNetwork(config(name), size, 7, crop));
    expect(summary.flops / 1e6).toBeCloseTo(megaflops, 1);
    expect(summary.parameters).toBe(parameters);
  });

  it('adds to a residual network what its extra blocks cost', () => {
    const cost = (extraBlocks: number) => {
      const deeper = config('medium', extraBlocks);
      return summarizeNetwork(deeper, createNetwork(deeper, size, 7, 44));
    };
    const [own, more] = [cost(0), cost(1)];
    expect([own.name, more.name]).toEqual(['medium', 'medium --extra-blocks 1']);
    let parameters = 0;
    let multiplyAdds = 0;
    for (const [filters, side] of [
      [48, 22],
      [96, 11],
      [192, 6],
    ] as const) {
      const convolutions = 2 * 9 * filters ** 2;
      const excitation = (2 * filters ** 2) / 8;
      parameters += convolutions + 4 * filters + excitation + filters / 8 + filters; // with scales and offsets
      multiplyAdds += convolutions * side ** 2 + excitation;
    }
    expect(more.parameters - own.parameters).toBe(parameters);
    expect(more.flops - own.flops).toBe(2 * multiplyAdds);
  });

  it.each(modelNames.filter((name) => name !== 'large'))(
    '%s gives probabilities for any number of images',
    async (name) => {
      const network = createNetwork(config(name), size, 5);
      const session = await openSession(
        compileForward(network, 'cpu', { stored: initializeWeights(network, 1) }).toBytes(),
      );
      for (const count of [1, 2]) {
        const pixels = floatTensor(
          [count, 1, 48, 48],
          Float32Array.from({ length: count * 2304 }, (_, i) => (i * 37) % 256),
        );
        const { probabilities } = await session.run({ pixels });
        expect(probabilities!.type.shape).toEqual([count, 5]);
        const sum = [...probabilities!.data].reduce<number>((total, value) => total + Number(value), 0);
        expect(sum).toBeCloseTo(count, 4);
      }
      await session.close();
    },
  );

  it('takes the centre of larger images where the network was made for crops', async () => {
    const whole = createNetwork(config('tiny'), size, 3, 44);
    const weights = initializeWeights(whole, 1);
    const cropped = createNetwork(config('tiny'), { width: 44, height: 44 }, 3);
    const image = Float32Array.from({ length: 2304 }, (_, i) => (i * 53) % 256);
    const centre = Float32Array.from(
      { length: 44 * 44 },
      (_, i) => image[(Math.floor(i / 44) + 2) * 48 + (i % 44) + 2]!,
    );
    const run = async (network: typeof whole, side: number, pixels: Float32Array) => {
      const session = await openSession(compileForward(network, 'cpu', { stored: weights }).toBytes());
      const { logits } = await session.run({ pixels: floatTensor([1, 1, side, side], pixels) });
      await session.close();
      return [...logits!.data].map(Number);
    };
    const expected = await run(cropped, 44, centre);
    (await run(whole, 48, image)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });
});

describe('architectures', () => {
  it.each(modelNames)('%s takes images of its smallest side and larger, and no smaller ones', (name) => {
    const { minimumSide } = architectures[name];
    const takes = (side: number): boolean =>
      inputProblem(createNetwork(config(name), { width: side, height: side }, 2)) === null;
    expect(takes(minimumSide)).toBe(true);
    expect([1, 2, 3, 5, 16].map((more) => takes(minimumSide + more))).not.toContain(false);
    if (minimumSide > 1) expect(takes(minimumSide - 1)).toBe(false);
  });

  it.each(modelNames)('%s has weights for any size where the table says so', (name) => {
    const network = createNetwork(config(name), size, 2);
    expect(takesImagesOf(network, [1, 36, 36])).toBe(architectures[name].anySize);
  });
});
