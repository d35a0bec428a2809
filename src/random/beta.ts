// Draws from the Gamma and Beta distributions.

import type { Random } from './random.js';

/**
 * The logarithm of a draw from Gamma(shape, 1), for any shape above 0. Logarithms, because draws of a small shape
 * come nearer to 0 than a number can.
 *
 * Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; below shape 1 by their
 * Gamma(shape) = Gamma(shape + 1) U^(1 / shape).
 */
export function drawLogGamma(shape: number, random: Random): number {
  if (!(shape > 0)) throw new RangeError(`drawLogGamma: expected a shape above 0, found ${shape}`);
  if (shape < 1) {
    return drawLogGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    const logUniform = Math.log(1 - random.uniform());
    if (v > 0 && logUniform < x ** 2 / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}

/** A draw from Beta(a, b), from 0 to 1, for any a and b above 0. */
export function drawBeta(a: number, b: number, random: Random): number {
  const difference = drawLogGamma(b, random) - drawLogGamma(a, random);
  return 1 / (1 + Math.exp(difference));
}
