// Half precision: IEEE 754 binary16, one sign bit, five of exponent, ten of fraction.

/** The largest finite value. */
export const largestFloat16 = 65504;

/** From here on rounding to nearest gives infinity: half a step above the largest value. */
const firstInfinite = 65520;
/** Below this, values are multiples of the smallest one, 2^-24. */
const smallestNormal = 2 ** -14;

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/**
 * The nearest half-precision numbers, as their bits; ties go to the even one, as in hardware. What is too large becomes
 * infinity.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, halfOf);
}

/** The numbers that half-precision bits stand for, all of which float32 has. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (0x400 + fraction) * 2 ** (exponent - 25));
  });
}

function halfOf(value: number): number {
  single[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= firstInfinite) return sign | 0x7c00;
  if (magnitude < smallestNormal) return sign | roundToEven(magnitude * 2 ** 24);
  // The exponent's bias falls from 127 to 15, and 13 bits of the fraction are rounded off; a carry out of the fraction
  // goes into the exponent, where it belongs.
  const rebiased = (bits[0]! & 0x7fffffff) - ((127 - 15) << 23);
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
