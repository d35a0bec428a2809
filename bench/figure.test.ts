import { expect, it } from 'vitest';
import { type Figure, figureSvg } from './figure.js';

const figure: Figure = {
  name: 'race',
  title: 'A race',
  x: 'minutes',
  y: 'accuracy',
  mark: { y: 0.5, label: 'the half' },
  lines: [
    {
      name: 'slow one',
      points: [
        [1, 0.2],
        [9, 0.5],
      ],
    },
    {
      name: 'quick one',
      points: [
        [1, 0.4],
        [2, 0.6],
      ],
    },
  ],
};

it('names every line and the mark, and says where lines end, for screen readers', () => {
  const svg = figureSvg(figure);
  for (const text of ['A race', 'minutes', 'slow one', 'quick one', 'the half'])
    expect(svg).toContain(`>${text}<`);
  expect(svg).toContain('<title>A race: slow one ends at 50.0%, quick one ends at 60.0%.</title>');
});

it('is the same for the same data', () => {
  expect(figureSvg(figure)).toBe(figureSvg(structuredClone(figure)));
});

it('refuses more lines than it has colours', () => {
  const line = figure.lines[0]!;
  expect(() => figureSvg({ ...figure, lines: [line, line, line, line] })).toThrow('3 lines at most, found 4');
});
