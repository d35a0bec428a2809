// Activations by their names in Keras, for networks that come from elsewhere. All are made of the traced operators, so that
// they run on every device and can be trained through; each is within 3e-7 of its definition.

import type { Value } from '../ir/graph.js';
import {
  add,
  divide,
  exponential,
  multiply,
  relu,
  scalar,
  sigmoid,
  sign,
  subtract,
} from '../ops/elementwise.js';
import { ShapeError } from '../tensor/type.js';
import type { ActivationName, ActivationOptions } from './described.js';
import { type Layer, stateless } from './layer.js';

const times = (x: Value, factor: number): Value => multiply(x, scalar(x, factor));
const plus = (x: Value, term: number): Value => add(x, scalar(x, term));
const minus = (x: Value): Value => times(x, -1);
const below = (x: Value): Value => relu(minus(x));
const absolute = (x: Value): Value => add(relu(x), below(x));
/** min(max(x, 0), top) */
const clip = (x: Value, top: number): Value => subtract(relu(x), relu(plus(x, -top)));
const tanh = (x: Value): Value => plus(times(sigmoid(times(x, 2)), 2), -1);
const elu = (x: Value, alpha: number): Value =>
  add(relu(x), times(plus(exponential(minus(below(x))), -1), alpha));

/** log(1 + exp(x)), by the series of the inverse hyperbolic tangent of z / (2 + z), z = exp(-|x|). */
function softplus(x: Value): Value {
  const z = exponential(minus(absolute(x)));
  const s = divide(z, plus(z, 2));
  const square = multiply(s, s);
  const series = [11, 9, 7, 5, 3].reduce(
    (sum, odd) => plus(multiply(sum, square), 1 / odd),
    plus(times(square, 0), 1 / 13),
  );
  return add(relu(x), times(multiply(s, plus(multiply(series, square), 1)), 2));
}

/** The error function, by Abramowitz and Stegun's formula 7.1.26: within 1.5e-7. */
function errorFunction(x: Value): Value {
  const size = absolute(x);
  const t = divide(scalar(x, 1), plus(times(size, 0.3275911), 1));
  const sum = [1.421413741, -0.284496736, 0.254829592].reduce(
    (value, coefficient) => plus(multiply(value, t), coefficient),
    plus(times(t, 1.061405429), -1.453152027),
  );
  const tail = multiply(multiply(sum, t), exponential(minus(multiply(x, x))));
  return multiply(sign(x), plus(minus(tail), 1));
}

const activations = {
  linear: (x) => x,
  relu: (x, { slope = 0, top }) => {
    const positive = top === undefined ? relu(x) : clip(x, top);
    return slope === 0 ? positive : subtract(positive, times(below(x), slope));
  },
  sigmoid: (x) => sigmoid(x),
  tanh,
  elu: (x, { alpha = 1 }) => elu(x, alpha),
  /** Klambauer et al. 2017. */
  selu: (x) => times(elu(x, 1.6732632423543772), 1.0507009873554805),
  /** x sigmoid(x) (Ramachandran et al. 2017). */
  silu: (x) => multiply(x, sigmoid(x)),
  /** x times the normal distribution's share below x (Hendrycks and Gimpel 2016). */
  gelu: (x) => multiply(x, times(plus(errorFunction(times(x, Math.SQRT1_2)), 1), 0.5)),
  gelu_tanh: (x) => {
    const inner = add(x, times(multiply(x, multiply(x, x)), 0.044715));
    return multiply(x, sigmoid(times(inner, 2 * Math.sqrt(2 / Math.PI))));
  },
  hard_sigmoid: (x, { slope = 1 / 6 }) => clip(plus(times(x, slope), 0.5), 1),
  hard_silu: (x) => multiply(x, clip(plus(times(x, 1 / 6), 0.5), 1)),
  softplus,
  softsign: (x) => divide(x, plus(absolute(x), 1)),
  exponential,
  /** Misra 2019. */
  mish: (x) => multiply(x, tanh(softplus(x))),
} satisfies Record<ActivationName, (x: Value, options: ActivationOptions) => Value>;

/** Whether there is an activation of the name. */
const isActivation = (name: string): name is ActivationName => Object.hasOwn(activations, name);

/** A layer that applies an activation element by element. Throws ShapeError where there is none of the name. */
export function activation(name: ActivationName, options: ActivationOptions = {}): Layer {
  if (!isActivation(name)) throw new ShapeError(`activation: none is called ${name}.`);
  return stateless(
    (shape) => shape,
    (_context, x) => activations[name](x, options),
  );
}
