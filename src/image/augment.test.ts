import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import {
  type Augmentation,
  applyAugmentation,
  drawAugmentation,
  identityAugmentation,
  noAugmentation,
} from './augment.js';

interface Golden {
  width: number;
  height: number;
  source: number[];
  cases: {
    parameters: Partial<Record<'theta' | 'tx' | 'ty' | 'shear' | 'zx' | 'zy' | 'brightness', number>> & {
      flip_horizontal?: boolean;
    };
    pixels: number[];
  }[];
}
const golden = JSON.parse(
  readFileSync(new URL('../../test/golden/augment/augment.json', import.meta.url), 'utf8'),
) as Golden;

describe('applyAugmentation', () => {
  const { width, height } = golden;
  const source = Uint8Array.from(golden.source);
  for (const { parameters, pixels } of golden.cases) {
    it(`gives Keras's pixels for ${JSON.stringify(parameters)}`, () => {
      const { flip_horizontal, ...rest } = parameters;
      const drawn: Augmentation = {
        ...identityAugmentation,
        ...rest,
        flipHorizontal: flip_horizontal ?? false,
      };
      const target = new Float32Array(width * height + 2).fill(-1);
      applyAugmentation(source, width, height, drawn, target, 1);
      // Keras goes through whole levels for brightness: twice rounded, then multiplied.
      const tolerance = parameters.brightness === undefined ? 1e-2 : 1 + parameters.brightness;
      for (let i = 0; i < pixels.length; i++) {
        expect(Math.abs(target[i + 1]! - pixels[i]!), `pixel ${i}`).toBeLessThan(tolerance);
      }
      expect([target[0], target[target.length - 1]]).toEqual([-1, -1]);
    });
  }

  it('stays within the levels of the source, whatever is drawn', () => {
    const options = {
      shear: 30,
      zoom: 0.5,
      horizontalFlip: true,
      rotation: 90,
      widthShift: 0.5,
      heightShift: 9,
      brightness: null,
    };
    fc.assert(
      fc.property(fc.integer(), fc.uint8Array({ minLength: 35, maxLength: 35 }), (seed, data) => {
        const drawn = drawAugmentation(options, new Random(seed), { width: 7, height: 5 });
        const target = new Float32Array(35);
        applyAugmentation(data, 7, 5, drawn, target, 0);
        expect(Math.min(...target)).toBeGreaterThanOrEqual(Math.min(...data) - 1e-3);
        expect(Math.max(...target)).toBeLessThanOrEqual(Math.max(...data) + 1e-3);
      }),
      { numRuns: 100 },
    );
  });
});

describe('drawAugmentation', () => {
  const size = { width: 40, height: 20 };

  it('draws nothing when everything is off', () => {
    const random = new Random(1);
    expect(drawAugmentation(noAugmentation, random, size)).toEqual(identityAugmentation);
    expect(random.uint32()).toBe(new Random(1).uint32());
  });

  it('keeps to the ranges, fills them, and draws zx and zy independently', () => {
    const options = {
      shear: 10,
      zoom: 0.2,
      horizontalFlip: true,
      rotation: 5,
      widthShift: 0.25,
      heightShift: 3,
      brightness: [0.5, 1.5] as const,
    };
    const random = new Random(2);
    const drawn = Array.from({ length: 2000 }, () => drawAugmentation(options, random, size));
    const ranges: [keyof Augmentation, number, number][] = [
      ['shear', -10, 10],
      ['zx', 0.8, 1.2],
      ['zy', 0.8, 1.2],
      ['theta', -5, 5],
      ['tx', -10, 10], // a quarter of 40
      ['ty', -3, 3], // pixels
      ['brightness', 0.5, 1.5],
    ];
    for (const [field, low, high] of ranges) {
      const values = drawn.map((d) => d[field] as number);
      const margin = (high - low) * 0.02;
      expect(Math.min(...values), field).toBeGreaterThanOrEqual(low);
      expect(Math.min(...values), field).toBeLessThan(low + margin);
      expect(Math.max(...values), field).toBeLessThanOrEqual(high);
      expect(Math.max(...values), field).toBeGreaterThan(high - margin);
    }
    const flips = drawn.filter((d) => d.flipHorizontal).length;
    expect(flips).toBeGreaterThan(900);
    expect(flips).toBeLessThan(1100);
    expect(drawn.some((d) => d.zx > 1.1 && d.zy < 0.9)).toBe(true);
  });

  it('takes an explicit zoom range', () => {
    const random = new Random(3);
    for (let i = 0; i < 100; i++) {
      const { zx, zy } = drawAugmentation({ ...noAugmentation, zoom: [1.1, 1.3] }, random, size);
      expect(Math.min(zx, zy)).toBeGreaterThanOrEqual(1.1);
      expect(Math.max(zx, zy)).toBeLessThanOrEqual(1.3);
    }
  });
});
