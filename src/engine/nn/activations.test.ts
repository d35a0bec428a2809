// Activations against their definitions in double precision, and against Keras's values.

import { describe, expect, it } from 'vitest';
import { compileForward } from '../compile/forward.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { ShapeError } from '../tensor/type.js';
import { activation } from './activations.js';
import type { ActivationName, ActivationOptions } from './described.js';

const xs = [-30, -6, -3.5, -2.9, -1, -0.3, -1e-3, 0, 1e-3, 0.2, 0.7, 1, 2.4, 3.1, 6.5, 30];

async function valuesOf(name: ActivationName, options: ActivationOptions): Promise<number[]> {
  const network = {
    layer: activation(name, options),
    inputShape: [xs.length],
    preprocessing: { scale: 1, offset: 0 },
  };
  const session = await openSession(
    compileForward(network, 'cpu', { stored: { parameters: {}, state: {} } }).toBytes(),
  );
  const { logits } = await session.run({ pixels: floatTensor([1, xs.length], xs) });
  await session.close();
  return Array.from(logits!.data, Number);
}

/** The error function by its series and its continued fraction. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

describe('activation', () => {
  it.each<[ActivationName, ActivationOptions, (x: number) => number]>([
    ['linear', {}, (x) => x],
    ['relu', {}, (x) => Math.max(x, 0)],
    ['relu', { slope: 0.2 }, (x) => Math.max(x, 0.2 * x)],
    ['relu', { top: 6 }, (x) => clip(x, 0, 6)],
    ['sigmoid', {}, sigmoid],
    ['tanh', {}, Math.tanh],
    ['elu', { alpha: 0.5 }, (x) => (x > 0 ? x : 0.5 * Math.expm1(x))],
    ['selu', {}, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
    ['silu', {}, (x) => x * sigmoid(x)],
    ['gelu', {}, (x) => (x / 2) * (1 + erf(x / Math.SQRT2))],
    ['gelu_tanh', {}, (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
    ['hard_sigmoid', {}, (x) => clip(x / 6 + 0.5, 0, 1)],
    ['hard_sigmoid', { slope: 0.2 }, (x) => clip(0.2 * x + 0.5, 0, 1)],
    ['hard_silu', {}, (x) => x * clip(x / 6 + 0.5, 0, 1)],
    ['softplus', {}, softplus],
    ['softsign', {}, (x) => x / (1 + Math.abs(x))],
    ['mish', {}, (x) => x * Math.tanh(softplus(x))],
  ])('%s %o', async (name, options, expected) => {
    const found = await valuesOf(name, options);
    xs.forEach((x, i) => {
      expect(Math.abs(found[i]! - expected(x)), String(x)).toBeLessThan(1e-6 * Math.max(1, Math.abs(x)));
    });
  });

  it('refuses names that are none', () => {
    expect(() => activation('__proto__' as ActivationName)).toThrow(ShapeError);
  });
});
