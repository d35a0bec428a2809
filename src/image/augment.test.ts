import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import {
  type Augmentation,
  applyAugmentation,
  augmentedSize,
  drawAugmentation,
  identityAugmentation,
  noAugmentation,
} from './augment.js';
import { compress, downscale } from './degrade.js';

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
      ...noAugmentation,
      shear: 30,
      zoom: 0.5,
      horizontalFlip: true,
      rotation: 90,
      widthShift: 0.5,
      heightShift: 9,
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

describe('cropping', () => {
  const source = new Random(4);
  const [width, height] = [9, 7];
  const data = Uint8Array.from({ length: width * height }, () => source.integer(256));
  const all = {
    ...noAugmentation,
    shear: 30,
    zoom: 0.3,
    horizontalFlip: true,
    rotation: 40,
    widthShift: 2,
    warpProbability: 0.7,
  };

  it('gives a window of what would have been made without it, to the bit', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), (seed, crop) => {
        const drawn = drawAugmentation({ ...all, crop }, new Random(seed), { width, height });
        const whole = new Float32Array(width * height);
        applyAugmentation(data, width, height, { ...drawn, crop: null }, whole, 0);
        const cut = new Float32Array(crop * crop + 2).fill(-1);
        applyAugmentation(data, width, height, drawn, cut, 1);
        const { left, top } = drawn.crop!;
        for (let y = 0; y < crop; y++) {
          for (let x = 0; x < crop; x++) {
            expect(cut[1 + y * crop + x]).toBe(whole[(top + y) * width + left + x]);
          }
        }
        expect([cut[0], cut[cut.length - 1]]).toEqual([-1, -1]);
      }),
      { numRuns: 100 },
    );
  });

  it('resizes what it cuts, as one resampling: pixel centres evenly spread', () => {
    // Levels that rise by 2 to the right and 10 downwards: between four of them, a bilinear value is exact.
    const ramp = Uint8Array.from({ length: 81 }, (_, i) => 2 * (i % 9) + 10 * Math.floor(i / 9));
    for (const side of [2, 3, 4, 6]) {
      for (const flipHorizontal of [false, true]) {
        const crop = { left: 1, top: 2, side: 6 };
        const target = new Float32Array(side * side);
        applyAugmentation(ramp, 9, 9, { ...identityAugmentation, flipHorizontal, crop, side }, target, 0);
        target.forEach((value, i) => {
          const column = crop.left + ((i % side) + 0.5) * (6 / side) - 0.5;
          const row = crop.top + (Math.floor(i / side) + 0.5) * (6 / side) - 0.5;
          expect(value).toBeCloseTo(2 * (flipHorizontal ? 8 - column : column) + 10 * row, 3);
        });
      }
    }
  });

  it('erases within what it was resized to', () => {
    const options = { ...noAugmentation, crop: 5, erasing: 1 };
    for (let seed = 0; seed < 200; seed++) {
      const { erasing } = drawAugmentation(options, new Random(seed), { width, height }, 4);
      expect(erasing!.left + erasing!.width).toBeLessThanOrEqual(4);
      expect(erasing!.top + erasing!.height).toBeLessThanOrEqual(4);
    }
  });

  it('takes every place equally often', () => {
    const places = new Map<string, number>();
    const random = new Random(8);
    for (let i = 0; i < 3500; i++) {
      const { crop } = drawAugmentation({ ...noAugmentation, crop: 3 }, random, { width, height });
      const place = `${crop!.left},${crop!.top}`;
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    expect(places.size).toBe(7 * 5);
    for (const count of places.values()) expect(Math.abs(count - 100)).toBeLessThan(50); // five deviations
  });

  it('says the size it makes, and refuses what does not fit', () => {
    const size = { width, height };
    expect(augmentedSize(null, size)).toEqual(size);
    expect(augmentedSize(noAugmentation, size)).toEqual(size);
    expect(augmentedSize({ crop: 7 }, size)).toEqual({ width: 7, height: 7 });
    for (const crop of [8, 0, 2.5]) {
      expect(() => augmentedSize({ crop }, size)).toThrow(/crop: expected .*shorter side of 9x7, found/);
    }
  });
});

describe('contrast', () => {
  const apply = (data: number[], changes: Partial<Augmentation>) => {
    const target = new Float32Array(data.length);
    applyAugmentation(
      Uint8Array.from(data),
      data.length,
      1,
      { ...identityAugmentation, ...changes },
      target,
      0,
    );
    return [...target].map((value) => Math.round(value * 1000) / 1000);
  };

  it('stretches about the mean, after brightness, and clips', () => {
    expect(apply([50, 100, 150], { contrast: 1.2 })).toEqual([40, 100, 160]);
    expect(apply([50, 100, 150], { contrast: 0 })).toEqual([100, 100, 100]);
    expect(apply([0, 100, 200], { contrast: 3 })).toEqual([0, 100, 255]);
    expect(apply([50, 100, 150], { brightness: 0.5, contrast: 2 })).toEqual([0, 50, 100]);
    expect(apply([50, 100, 150], { contrast: 1 })).toEqual([50, 100, 150]);
  });

  it('is about the mean of the crop', () => {
    const target = new Float32Array(1);
    const crop = { left: 1, top: 0, side: 1 };
    const drawn = { ...identityAugmentation, crop, contrast: 2 };
    applyAugmentation(Uint8Array.of(0, 90, 0), 3, 1, drawn, target, 0);
    expect(target[0]).toBe(90);
  });
});

describe('small and compressed images', () => {
  const [width, height] = [24, 16];
  const source = Uint8Array.from({ length: width * height }, (_, i) => (i * 53) % 256);
  const apply = (parameters: Partial<Augmentation>) => {
    const target = new Float32Array(width * height);
    applyAugmentation(source, width, height, { ...identityAugmentation, ...parameters }, target, 0);
    return target;
  };

  it('are shrunk first, then compressed', () => {
    const expected = Float32Array.from(source);
    downscale(expected, 0, width, height, 0.5);
    expect(apply({ downscale: 0.5 })).toEqual(expected);
    compress(expected, 0, width, height, 30);
    expect(apply({ downscale: 0.5, compression: 30 })).toEqual(expected);
    expect(apply({ compression: 30 })).not.toEqual(Float32Array.from(source));
  });
});

describe('drawAugmentation', () => {
  const size = { width: 40, height: 20 };

  it('draws for the fields of its first version what it drew then', () => {
    const options = {
      ...noAugmentation,
      shear: 10,
      zoom: 0.2,
      horizontalFlip: true,
      rotation: 5,
      widthShift: 0.25,
      heightShift: 3,
      brightness: [0.5, 1.5] as const,
    };
    const then = {
      ...identityAugmentation,
      theta: -4.213657397776842,
      tx: -6.754311872646213,
      ty: 0.5928864497691393,
      shear: 8.836216903291643,
      zx: 1.073759999126196,
      zy: 0.9779957401566207,
      brightness: 0.5862271573860198,
    };
    const random = new Random(9);
    expect(drawAugmentation(options, random, size)).toEqual(then);
    expect(random.uint32()).toBe(1989175824);
    const more = { ...options, warpProbability: 1 - 1e-9, contrast: 0.3, crop: 10, erasing: 1 };
    expect(drawAugmentation(more, new Random(9), size)).toMatchObject({
      ...then,
      contrast: expect.any(Number),
      crop: expect.anything(),
      erasing: expect.anything(),
    });
  });

  it('draws nothing when everything is off', () => {
    const random = new Random(1);
    expect(drawAugmentation(noAugmentation, random, size)).toEqual(identityAugmentation);
    expect(random.uint32()).toBe(new Random(1).uint32());
  });

  it('keeps to the ranges, fills them, and draws zx and zy independently', () => {
    const options = {
      ...noAugmentation,
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

  it('warps and changes tone each with its probability, all or nothing', () => {
    const options = {
      ...noAugmentation,
      rotation: 10,
      zoom: 0.15,
      isotropicZoom: true,
      widthShift: 0.08,
      heightShift: 0.08,
      warpProbability: 0.8,
      brightness: [0.7, 1.3] as const,
      contrast: 0.3,
      jitterProbability: 0.5,
      erasing: 0.25,
    };
    const random = new Random(12);
    const drawn = Array.from({ length: 4000 }, () => drawAugmentation(options, random, size));
    const share = (holds: (d: Augmentation) => boolean) => drawn.filter(holds).length / drawn.length;
    const still = (d: Augmentation) =>
      [d.theta, d.tx, d.ty, d.zx - 1, d.zy - 1].filter((v) => v === 0).length;
    expect(drawn.every((d) => [0, 5].includes(still(d)))).toBe(true);
    expect(drawn.every((d) => (d.brightness === null) === (d.contrast === null))).toBe(true);
    expect(drawn.every((d) => d.zx === d.zy)).toBe(true);
    expect(share((d) => d.theta !== 0)).toBeCloseTo(0.8, 1);
    expect(share((d) => d.contrast !== null)).toBeCloseTo(0.5, 1);
    expect(share((d) => d.erasing !== null)).toBeCloseTo(0.25, 1);
    expect(share((d) => d.theta !== 0 && d.contrast !== null)).toBeCloseTo(0.4, 1);
    const factors = drawn.flatMap((d) => d.contrast ?? []);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.7);
    expect(Math.min(...factors)).toBeLessThan(0.71);
    expect(Math.max(...factors)).toBeGreaterThan(1.29);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.3);
  });

  it('shrinks and compresses half of the images each, independently, within their ranges', () => {
    const options = { ...noAugmentation, downscale: 0.4, compression: 20 };
    const random = new Random(13);
    const drawn = Array.from({ length: 4000 }, () => drawAugmentation(options, random, size));
    const share = (holds: (d: Augmentation) => boolean) => drawn.filter(holds).length / drawn.length;
    expect(share((d) => d.downscale !== null)).toBeCloseTo(0.5, 1);
    expect(share((d) => d.compression !== null)).toBeCloseTo(0.5, 1);
    expect(share((d) => d.downscale !== null && d.compression !== null)).toBeCloseTo(0.25, 1);
    const factors = drawn.flatMap((d) => d.downscale ?? []);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.4);
    expect(Math.min(...factors)).toBeLessThan(0.42);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1);
    const qualities = drawn.flatMap((d) => d.compression ?? []);
    expect(Math.min(...qualities)).toBeGreaterThanOrEqual(20);
    expect(Math.min(...qualities)).toBeLessThan(22);
    expect(Math.max(...qualities)).toBeLessThanOrEqual(100);
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
