import { expect, it } from 'vitest';
import { adamOperator, networkOperators } from './operators.js';
import { seedNetwork } from './work.js';

const batch = 2;

it("counts the network's own multiply-adds", () => {
  const network = seedNetwork();
  const expected = 2 * batch * network.layer.describe(network.inputShape).multiplyAdds;
  const products = networkOperators(batch, 0, null).filter(({ bound }) => bound === 'arithmetic');
  expect(products.reduce((sum, { forward }) => sum + forward.flops, 0)).toBe(expected);
});

it('takes every gradient that training takes, and no other', () => {
  const products = networkOperators(batch, 0, null).filter(({ bound }) => bound === 'arithmetic');
  const [first, ...others] = products;
  // The first convolution reads pixels, whose gradient nobody wants: its kernel's alone is as much work as it is.
  expect(first!.backward!.flops).toBe(first!.forward.flops);
  for (const { forward, backward } of others) expect(backward!.flops).toBe(2 * forward.flops);
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
