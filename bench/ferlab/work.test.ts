import { expect, it } from 'vitest';
import { networkSize, presetNetwork } from './work.js';

/** Weights and multiply-adds of ResNet-18 for small grey images, from its definition. */
function resnet18(side: number, classes: number) {
  let [parameters, multiplyAdds, channels, size] = [0, 0, 1, side];
  const convolution = (inputs: number, filters: number, kernel: number): void => {
    parameters += inputs * filters * kernel ** 2 + 2 * filters; // and gamma and beta of its normalization
    multiplyAdds += inputs * filters * kernel ** 2 * size ** 2;
  };
  convolution(channels, 64, 3);
  channels = 64;
  for (const filters of [64, 64, 128, 128, 256, 256, 512, 512]) {
    const changes = filters !== channels;
    if (changes) size = Math.ceil(size / 2);
    convolution(channels, filters, 3);
    convolution(filters, filters, 3);
    if (changes) convolution(channels, filters, 1);
    channels = filters;
  }
  return {
    parameters: parameters + (channels + 1) * classes,
    trainingFlops: 6 * (multiplyAdds + channels * classes),
  };
}

it('knows the size of the preset large, on the crop that its network sees', () => {
  expect(presetNetwork('large').inputShape).toEqual([1, 44, 44]);
  expect(networkSize('large')).toEqual(resnet18(44, 7));
});

// peers/torch_train.py prints these numbers too, by PyTorch's own count: for seed with 1216 idle biases more.
it.each([
  ['seed', 2_865_607, 532_534_272],
  ['large', 11_171_271, 6_576_565_248],
] as const)('counts the network %s as PyTorch counts its twin', (preset, parameters, trainingFlops) => {
  expect(networkSize(preset)).toEqual({ parameters, trainingFlops });
});
