import { describe, expect, it } from 'vitest';
import { classColours } from './theme.js';
import { personTimelinePlot, timelineParts, timelinePlot } from './timeline.js';

const classes = ['angry', 'happy', 'neutral'];
const scale = { classes, from: 10, to: 70 };
const [angry, happy] = classColours(classes);

/** Angry in the first half, unseen in the third quarter, happy in the last. */
const parts = Array.from({ length: timelineParts }, (_, i) => {
  if (i < timelineParts / 2) return [3, 1, 0];
  return i < timelineParts * 0.75 ? null : [0, 4, 1];
});
const person = { name: 'person 1', parts };

const filled = (svg: string, colour: string) => svg.split(`fill="${colour}"`).length - 1;
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);

describe('timelines', () => {
  it("everybody's shows the expression of each part, and nothing while unseen", () => {
    const svg = timelinePlot([person, { name: 'person 12', parts }], scale);
    expect(texts(svg)).toEqual(
      expect.arrayContaining([...classes, 'person 1', 'person 12', '20 s', '1:00', '1:10']),
    );
    // One more is the legend's, and dark rules name each once.
    expect(filled(svg, angry!.light)).toBe(2 * (timelineParts / 2) + 2);
    expect(filled(svg, happy!.light)).toBe(2 * (timelineParts / 4) + 2);
    const corners = [...svg.matchAll(/<path d="M(\S+) (\S+?)[lL][^>]*fill="([^"]+)"/g)];
    const ofHappy = corners.filter(([, , , fill]) => fill === happy!.light);
    const rows = new Map<string, number>();
    for (const [, , y] of ofHappy) rows.set(y!, (rows.get(y!) ?? 0) + 1);
    expect([...rows.values()].filter((count) => count > 1)).toEqual([timelineParts / 4, timelineParts / 4]);
  });

  it("a person's shows the shares of all expressions", () => {
    const svg = personTimelinePlot(person, scale);
    expect(texts(svg)).toEqual(expect.arrayContaining(['0%', '100%', 'Expressions of person 1 over time']));
    expect(filled(svg, happy!.light)).toBe(timelineParts * 0.75 + 2);
  });

  it('takes short times, and many classes with names of any kind', () => {
    expect(texts(personTimelinePlot(person, { classes, from: 0, to: 0.8 }))).toContain('0.2 s');
    const many = Array.from({ length: 20 }, (_, i) => (i === 3 ? '__proto__' : `class number ${i}`));
    const full = { name: 'x', parts: parts.map((part) => part && many.map(() => 1)) };
    expect(texts(timelinePlot([full], { ...scale, classes: many }))).toContain('class number 19');
  });
});

it('colours of expressions are different, whatever the classes are called', () => {
  for (const names of [
    classes,
    ['a', 'b', 'c', 'sad'],
    ['joy', 'angry', 'toString'],
    Array(8).fill('x') as string[],
  ]) {
    const lights = classColours(names).map(({ light }) => light);
    expect(new Set(lights).size).toBe(names.length);
  }
});
