import { expect, it } from 'vitest';
import { adamOperator, networkOperators } from './operators.js';
import { seedNetwork } from './work.js';

const batch = 2;

/** Products of the statistics of the first convolution, which are few: its kernel by its windows' moments. */
const isOfStatistics = (name: string): boolean => name.startsWith('MatMul [64, 9] ');

const products = () => networkOperators(batch, 0, null).filter(({ bound }) => bound === 'arithmetic');

it("counts the network's own multiply-adds, and those of statistics", () => {
  const network = seedNetwork();
  const expected = 2 * batch * network.layer.describe(network.inputShape).multiplyAdds;
  const flops = (ofStatistics: boolean): number =>
    products()
      .filter(({ name }) => isOfStatistics(name) === ofStatistics)
      .reduce((sum, { forward, times }) => sum + forward.flops * times, 0);
  expect(flops(false)).toBe(expected);
  expect(flops(true)).toBe(2 * 64 * 9 * (1 + 9)); // by the mean, by the covariance
});

it('takes every gradient that training takes, and no other', () => {
  // Nobody wants the gradient of pixels, nor of the moments of their windows: the kernel's alone is as much work.
  const ofImages = (name: string): boolean => name.startsWith('Conv [2, 1, ') || isOfStatistics(name);
  const found = products();
  expect(found.filter(({ name }) => ofImages(name))).toHaveLength(3);
  for (const { name, forward, backward } of found)
    expect(backward!.flops, name).toBe((ofImages(name) ? 1 : 2) * forward.flops);
});

it('names operators by the shapes of their inputs, counting those that are alike', () => {
  const names = networkOperators(2, 0, null).map(({ name }) => name);
  expect(names).toContain('Max of 4 x [2, 64, 24, 24]');
  expect(names).toContain('Conv [2, 64, 24, 24] and [128, 64, 3, 3]');
});

it('counts the bytes that an operator has to touch', () => {
  const relu = networkOperators(batch, 0, null).find(({ name }) => name.startsWith('Relu ['))!;
  const [, sizes] = /\[(.*)\]/.exec(relu.name)!;
  const elements = sizes!.split(', ').reduce((product, size) => product * Number(size), 1);
  expect(relu.forward.bytes).toBe(2 * 4 * elements);
});

it('leaves out what touches little', () => {
  const all = networkOperators(batch, 0, null).length;
  const some = networkOperators(batch, 100_000, null).length;
  expect(some).toBeGreaterThan(5);
  expect(some).toBeLessThan(all);
});

it("counts Adam's four reads and three writes", () => {
  const { forward } = adamOperator();
  const parameters = 9216 * 256;
  const scalars = forward.bytes - 7 * 4 * parameters;
  expect(scalars).toBeGreaterThanOrEqual(0);
  expect(scalars).toBeLessThan(100);
});
