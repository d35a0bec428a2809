// What stands between a drawn face and its picture: light from one side, contrast, blur and noise. Pure functions over
// grey floats; drawing is in face.ts.

import type { Random } from '../../random/random.js';

/** How a picture is taken. */
export interface Camera {
  /** Where the light comes from, radians. */
  lightAngle: number;
  /** Brightness falls and rises by this share over half the picture. */
  lightStrength: number;
  contrast: number;
  brightness: number;
  /** Standard deviation of the blur, pixels. */
  blur: number;
  /** Standard deviation of the noise, grey levels. */
  noise: number;
}

export function drawCamera(random: Random): Camera {
  return {
    lightAngle: random.uniform(0, 2 * Math.PI),
    lightStrength: random.uniform(0, 0.4),
    contrast: random.uniform(0.7, 1.1),
    brightness: random.uniform(-25, 20),
    blur: random.uniform(0.2, 0.75),
    noise: random.uniform(2, 10),
  };
}

/** Gaussian blur of a square picture, edges repeated. */
function blur(pixels: Float32Array, size: number, deviation: number): Float32Array {
  const radius = Math.ceil(deviation * 3);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-(((i - radius) / deviation) ** 2) / 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const pass = (from: Float32Array, along: number, across: number) => {
    const to = new Float32Array(from.length);
    for (let line = 0; line < size; line++) {
      for (let i = 0; i < size; i++) {
        let value = 0;
        for (let k = -radius; k <= radius; k++) {
          const at = Math.max(0, Math.min(size - 1, i + k));
          value += from[line * across + at * along]! * weights[k + radius]!;
        }
        to[line * across + i * along] = value / sum;
      }
    }
    return to;
  };
  return pass(pass(pixels, 1, size), size, 1);
}

/**
 * Takes the picture.
 *
 * @param drawn `size * size` grey values.
 * @param random source of the noise.
 */
export function photograph(drawn: Uint8Array, size: number, camera: Camera, random: Random): Uint8Array {
  const lit = new Float32Array(drawn.length);
  const dx = Math.cos(camera.lightAngle);
  const dy = Math.sin(camera.lightAngle);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const towards = ((x / size - 0.5) * dx + (y / size - 0.5) * dy) * 2;
      const level = drawn[y * size + x]! * (1 + towards * camera.lightStrength);
      lit[y * size + x] = (level - 128) * camera.contrast + 128 + camera.brightness;
    }
  }
  const blurred = blur(lit, size, (camera.blur * size) / 48);
  return Uint8Array.from(blurred, (level) =>
    Math.max(0, Math.min(255, Math.round(level + random.normal(0, camera.noise)))),
  );
}
