// The seed network and its Adam step in jax-js, layer for layer as bench/peers/keras_seed.py has it; images are
// [N, 1, 48, 48]. Adam is written out, since the package has no optimizers of its own.
//
// jax-js counts references: a function consumes its arguments, and `.ref` keeps one for another use.

import { init, jit, lax, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';
import { classCount, imageSize } from './measure.js';

export { init, np };

const filters = [64, 128, 256];
const units = [256, 512];
const dropoutRate = 0.25;
const epsilon = 1e-3;
const momentum = 0.99;

/** Glorot's uniform initialisation, biases 0, gamma 1, running statistics 0 and 1. */
export function initialWeights(seed = 1) {
  const parameters = {};
  const statistics = {};
  const layer = (name, shape, fanIn, fanOut) => {
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    const key = random.key(seed + Object.keys(parameters).length);
    parameters[`${name}/kernel`] = random.uniform(key, shape, { minval: -limit, maxval: limit });
  };
  const norm = (name, width) => {
    parameters[`${name}/bias`] = np.zeros([width]);
    parameters[`${name}/gamma`] = np.ones([width]);
    parameters[`${name}/beta`] = np.zeros([width]);
    statistics[`${name}/mean`] = np.zeros([width]);
    statistics[`${name}/variance`] = np.ones([width]);
  };
  let channels = 1;
  for (const [i, count] of filters.entries()) {
    layer(`block${i}`, [count, channels, 3, 3], 9 * channels, 9 * count);
    norm(`block${i}`, count);
    channels = count;
  }
  let width = channels * (imageSize / 8) ** 2;
  for (const [i, count] of units.entries()) {
    layer(`dense${i}`, [width, count], width, count);
    norm(`dense${i}`, count);
    width = count;
  }
  layer('logits', [width, classCount], width, classCount);
  parameters['logits/bias'] = np.zeros([classCount]);
  return { parameters, statistics };
}

/** Moments that a step keeps for Adam, all 0. */
export function initialMoments(parameters) {
  const zeros = () => tree.map((value) => np.zeros(value.shape), parameters);
  return { mean: zeros(), variance: zeros() };
}

const channelShape = (vector, rank) =>
  rank === 4 ? vector.reshape([1, vector.shape[0], 1, 1]) : vector.reshape([1, vector.shape[0]]);

/** Batch normalization by the batch's own statistics, which join the running ones. */
function normalize(x, name, parameters, statistics, newStatistics) {
  const rank = x.shape.length;
  const axes = rank === 4 ? [0, 2, 3] : [0];
  const mean = np.mean(x.ref, axes);
  const centred = x.sub(channelShape(mean.ref, rank));
  const variance = np.mean(np.square(centred.ref), axes);
  for (const [key, value] of Object.entries({ mean, variance: variance.ref })) {
    const old = statistics[`${name}/${key}`].mul(momentum);
    newStatistics[`${name}/${key}`] = old.add(lax.stopGradient(value).mul(1 - momentum));
  }
  const scale = parameters[`${name}/gamma`].div(np.sqrt(variance.add(epsilon)));
  return centred.mul(channelShape(scale, rank)).add(channelShape(parameters[`${name}/beta`], rank));
}

function dropout(x, key) {
  const kept = random.bernoulli(key, 1 - dropoutRate, x.shape).astype(np.float32);
  return x.mul(kept.mul(1 / (1 - dropoutRate)));
}

/** Images to logits. Consumes its parameters. */
function forward(parameters, x, normalize, drop) {
  let y = x;
  for (const i of filters.keys()) {
    const name = `block${i}`;
    y = lax.conv(y, parameters[`${name}/kernel`], [1, 1], 'SAME');
    y = y.add(channelShape(parameters[`${name}/bias`], 4));
    y = nn.relu(normalize(y, name));
    y = drop(lax.reduceWindow(y, np.max, [2, 2], [2, 2]));
  }
  y = y.reshape([y.shape[0], -1]);
  for (const i of units.keys()) {
    const name = `dense${i}`;
    y = np.dot(y, parameters[`${name}/kernel`]).add(parameters[`${name}/bias`]);
    y = drop(nn.relu(normalize(y, name)));
  }
  return np.dot(y, parameters['logits/kernel']).add(parameters['logits/bias']);
}

function loss(parameters, statistics, images, targets, keys) {
  const newStatistics = {};
  let drops = 0;
  const logits = forward(
    parameters,
    images,
    (x, name) => normalize(x, name, parameters, statistics, newStatistics),
    (x) => dropout(x, keys[drops++]),
  );
  const cross = nn.logSoftmax(logits).mul(targets).sum();
  return [cross.mul(-1 / images.shape[0]), newStatistics];
}

const dropouts = filters.length + units.length;
/** One key per dropout layer. */
export const stepKeys = (step) => Array.from({ length: dropouts }, (_, i) => random.key(step * dropouts + i));

/**
 * One training step (forward, backward, Adam), compiled as a whole.
 *
 * @param rate learning rate with Adam's bias correction, a scalar array.
 */
export const trainingStep = jit((parameters, statistics, moments, images, targets, keys, rate) => {
  const [[value, newStatistics], gradients] = valueAndGrad(loss, { hasAux: true })(
    tree.ref(parameters),
    statistics,
    images,
    targets,
    keys,
  );
  const next = { parameters: {}, mean: {}, variance: {} };
  for (const [name, parameter] of Object.entries(parameters)) {
    const gradient = gradients[name];
    const mean = moments.mean[name].mul(0.9).add(gradient.ref.mul(0.1));
    const variance = moments.variance[name].mul(0.999).add(np.square(gradient).mul(0.001));
    const change = mean.ref.div(np.sqrt(variance.ref).add(1e-7)).mul(rate.ref);
    next.parameters[name] = parameter.sub(change);
    next.mean[name] = mean;
    next.variance[name] = variance;
  }
  rate.dispose();
  return [value, next.parameters, newStatistics, { mean: next.mean, variance: next.variance }];
});
