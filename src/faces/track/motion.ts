// Where a face will be: a Kalman filter for the centre of its box and the logarithm of its size, in continuous time, so
// that frames may be any time apart. Velocity forgets itself (an Ornstein-Uhlenbeck process): a face that isn't seen goes
// on for a moment and then stays, less certain with time.

import type { Box } from '../face.js';

/** After so many seconds a velocity has fallen to 37%. */
const memorySeconds = 0.7;
/** Spread of velocities: of centres in sizes of the face per second, of the logarithm of the size per second. */
const spread = { centre: 1.7, size: 0.35 };
/** Standard deviation of what a detector measures: of centres in sizes of the face, of the logarithm of the size. */
const noise = { centre: 0.06, size: 0.08 };

/** One coordinate and its velocity, with their covariance. */
interface Axis {
  value: number;
  velocity: number;
  variance: number;
  covariance: number;
  velocityVariance: number;
}

/** What is known of one face's motion. */
export interface Motion {
  readonly x: Axis;
  readonly y: Axis;
  /** Logarithm of the size: of the square root of the box's area. */
  readonly size: Axis;
  /** Width over height of the last box. */
  readonly shape: number;
}

const centreOf = (box: Box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });

/** The size of a box as a number: the side of the square that has its area. */
export const sizeOf = (box: Box): number => Math.sqrt(Math.max(1e-6, box.width * box.height));

function startAxis(value: number, deviation: number, velocities: number): Axis {
  return {
    value,
    velocity: 0,
    variance: deviation ** 2,
    covariance: 0,
    velocityVariance: velocities ** 2,
  };
}

export function startMotion(box: Box): Motion {
  const { x, y } = centreOf(box);
  const size = sizeOf(box);
  return {
    x: startAxis(x, noise.centre * size, spread.centre * size),
    y: startAxis(y, noise.centre * size, spread.centre * size),
    size: startAxis(Math.log(size), noise.size, spread.size),
    shape: box.width / box.height,
  };
}

/** `deviation` is that of the velocities that the process settles to. */
function predictAxis(axis: Axis, seconds: number, deviation: number): Axis {
  const t = seconds / memorySeconds;
  const keep = Math.exp(-t);
  const travel = memorySeconds * -Math.expm1(-t);
  const stationary = deviation ** 2;
  const { variance, covariance, velocityVariance } = axis;
  // Moments of the integrated process; for t near 0 the first one is t^3 * 2/3, which the formula would lose to rounding.
  const path = t < 1e-3 ? (2 / 3) * t ** 3 : 2 * t - 3 + 4 * keep - keep ** 2;
  return {
    value: axis.value + axis.velocity * travel,
    velocity: axis.velocity * keep,
    variance:
      variance +
      2 * travel * covariance +
      travel ** 2 * velocityVariance +
      stationary * memorySeconds ** 2 * path,
    covariance: keep * (covariance + travel * velocityVariance) + (stationary / memorySeconds) * travel ** 2,
    velocityVariance: keep ** 2 * velocityVariance + stationary * (1 - keep ** 2),
  };
}

/** @param seconds 0 or more, since the motion's last moment. */
export function predict(motion: Motion, seconds: number): Motion {
  const pace = spread.centre * Math.exp(motion.size.value);
  return {
    x: predictAxis(motion.x, seconds, pace),
    y: predictAxis(motion.y, seconds, pace),
    size: predictAxis(motion.size, seconds, spread.size),
    shape: motion.shape,
  };
}

function correctAxis(axis: Axis, measured: number, deviation: number): Axis {
  const total = axis.variance + deviation ** 2;
  const gain = axis.variance / total;
  const velocityGain = axis.covariance / total;
  const surprise = measured - axis.value;
  return {
    value: axis.value + gain * surprise,
    velocity: axis.velocity + velocityGain * surprise,
    variance: (1 - gain) * axis.variance,
    covariance: (1 - gain) * axis.covariance,
    velocityVariance: axis.velocityVariance - velocityGain * axis.covariance,
  };
}

/** Takes in where the face was found; `motion` is predicted for that moment. */
export function correct(motion: Motion, box: Box): Motion {
  const { x, y } = centreOf(box);
  const size = sizeOf(box);
  return {
    x: correctAxis(motion.x, x, noise.centre * size),
    y: correctAxis(motion.y, y, noise.centre * size),
    size: correctAxis(motion.size, Math.log(size), noise.size),
    shape: box.width / box.height,
  };
}

/**
 * How unlikely it is that a box belongs to a motion that is predicted for its moment: negative logarithm of the
 * density, 0 for a box just where it is expected by a motion known as well as a detector measures.
 */
export function motionCost(motion: Motion, box: Box): number {
  const { x, y } = centreOf(box);
  const size = sizeOf(box);
  const axisCost = (axis: Axis, measured: number, deviation: number) => {
    const total = axis.variance + deviation ** 2;
    return ((measured - axis.value) ** 2 / total + Math.log(total / deviation ** 2)) / 2;
  };
  return (
    axisCost(motion.x, x, noise.centre * size) +
    axisCost(motion.y, y, noise.centre * size) +
    axisCost(motion.size, Math.log(size), noise.size)
  );
}

/** The box where the face is expected. */
export function expectedBox(motion: Motion): Box {
  const size = Math.exp(motion.size.value);
  const width = size * Math.sqrt(motion.shape);
  const height = size / Math.sqrt(motion.shape);
  return { x: motion.x.value - width / 2, y: motion.y.value - height / 2, width, height };
}
