import { describe, expect, it } from 'vitest';
import { allColours, cellInk, cellScale, cellStep, contrast, darkRules, palette } from './theme.js';

describe('colours', () => {
  it('has one dark partner for each light colour', () => {
    const partners = new Map<string, string>();
    for (const { light, dark } of allColours()) {
      expect(partners.get(light) ?? dark).toBe(dark);
      partners.set(light, dark);
    }
    // So distinct, in order, that steps don't fall together.
    expect(new Set(cellScale.map(({ light }) => light)).size).toBe(cellScale.length);
    expect(new Set(cellScale.map(({ dark }) => dark)).size).toBe(cellScale.length);
  });

  it.each(['light', 'dark'] as const)('keeps text readable on the %s background (WCAG AA)', (scheme) => {
    for (const name of ['text', 'mutedText', 'training', 'validation', 'best', 'good', 'bad'] as const) {
      expect(contrast(palette[name][scheme], palette.background[scheme]), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(['light', 'dark'] as const)('keeps numbers readable on every %s cell (WCAG AA)', (scheme) => {
    for (const [step, cell] of cellScale.entries()) {
      expect(contrast(cellInk(step)[scheme], cell[scheme]), `step ${step}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('maps shares to steps, from the first to the last', () => {
    expect(cellStep(0)).toBe(0);
    expect(cellStep(1)).toBe(cellScale.length - 1);
    expect(cellStep(2)).toBe(cellScale.length - 1);
  });

  it('computes the contrast that WCAG gives', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 6);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });

  it('writes a rule for fills and strokes of every colour', () => {
    for (const { light, dark } of allColours()) {
      expect(darkRules()).toContain(`[fill="${light}"]{fill:${dark}}`);
      expect(darkRules()).toContain(`[stroke="${light}"]{stroke:${dark}}`);
    }
  });
});
