import { describe, expect, it } from 'vitest';
import { storeOf } from '../../test/audit/pictures.js';
import { AuditImages } from '../copies/images.js';
import { findSuspects, type LabellingModel, rankSuspects } from './suspects.js';

describe('rankSuspects', () => {
  it('lists labels that are contradicted by a class at its usual confidence, the clearest first', () => {
    const probabilities = [
      [0.9, 0.1],
      [0.7, 0.3],
      [0.2, 0.8], // said to be 0
      [0.1, 0.9],
      [0.3, 0.7],
      [0.95, 0.05], // said to be 1
      [0.55, 0.45], // said to be 1, but nobody is sure
    ].flat();
    const { thresholds, suspects } = rankSuspects(probabilities, [0, 0, 0, 1, 1, 1, 1], 2);
    expect(thresholds[0]).toBeCloseTo((0.9 + 0.7 + 0.2) / 3);
    expect(thresholds[1]).toBeCloseTo((0.9 + 0.7 + 0.05 + 0.45) / 4);
    expect(suspects).toEqual([
      { image: 5, predicted: 0, labelProbability: 0.05, predictedProbability: 0.95 },
      { image: 2, predicted: 1, labelProbability: 0.2, predictedProbability: 0.8 },
    ]);
  });

  it('believes no class that no image is labelled with', () => {
    const { suspects } = rankSuspects([0.1, 0.1, 0.8, 0.2, 0.1, 0.7], [0, 1], 3);
    expect(suspects.map(({ predicted }) => predicted)).not.toContain(2);
  });
});

describe('findSuspects', () => {
  /** Knows bright pictures from dark ones, at a size of its own; its classes stand in another order. */
  const model: LabellingModel = {
    classes: ['spare', 'dark', 'bright'],
    inputSize: { width: 4, height: 2 },
    probabilities: async (pixels) => {
      const rows = Array.from({ length: pixels.length / 8 }, (_, i) => (pixels[i * 8]! > 128 ? 0.9 : 0.1));
      return Float32Array.from(rows.flatMap((bright) => [0, 1 - bright, bright]));
    },
  };
  const picture = (grey: number, label: number) => ({ pixels: new Uint8Array(48 * 48).fill(grey), label });

  it('numbers classes and images as the audit does, over all splits', async () => {
    const bright = Array.from({ length: 70 }, () => picture(200, 0));
    const dark = Array.from({ length: 70 }, () => picture(20, 1));
    const train = await storeOf([...bright, picture(20, 0), ...dark]);
    const validation = await storeOf([...dark, ...bright, picture(210, 1)]);
    const images = new AuditImages(
      [
        { name: 'train', store: train },
        { name: 'validation', store: validation },
      ],
      ['bright', 'dark'],
    );
    try {
      const ranked = await findSuspects(images, model, {});
      expect(
        ranked.map(({ suspects }) => suspects.map(({ image, predicted }) => [image, predicted])),
      ).toEqual([[[70, 1]], [[141 + 140, 0]]]);
      const other = { ...model, classes: ['spare', 'dim', 'bright'] };
      await expect(findSuspects(images, other, {})).rejects.toThrow(/without dark/);
    } finally {
      await train.close();
      await validation.close();
    }
  });
});
