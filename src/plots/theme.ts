// Colours and type of every plot. Each colour is a pair, light and dark: a plot is drawn in the light ones, and its
// SVG carries rules that swap each for its partner where the reader's system is dark (CSS beats the `fill` and
// `stroke` attributes that ECharts writes). So every light colour must be unique, and written the same everywhere.
//
// Hues: Okabe and Ito 2008, "Color Universal Design", which people with common kinds of colour blindness can tell apart.

export interface ColourPair {
  light: string;
  dark: string;
}

export const palette = {
  background: { light: '#ffffff', dark: '#14181d' },
  text: { light: '#1c2126', dark: '#e8ecf0' },
  mutedText: { light: '#525c66', dark: '#a9b3bd' },
  axis: { light: '#76818c', dark: '#7c8792' },
  grid: { light: '#e3e7eb', dark: '#2a3139' },
  training: { light: '#c25400', dark: '#e69f00' },
  validation: { light: '#0072b2', dark: '#56b4e9' },
  best: { light: '#00805c', dark: '#2fc79a' },
  good: { light: '#007a58', dark: '#2fc79b' },
  bad: { light: '#b84400', dark: '#ff9d5c' },
} as const satisfies Record<string, ColourPair>;

/** Of expressions over time, by the names that datasets have; further classes take the rest in order. */
const expressionColours = {
  angry: { light: '#d4380d', dark: '#ff7a50' },
  disgust: { light: '#4f9d2f', dark: '#7cc65a' },
  fear: { light: '#7a4fb0', dark: '#b08ee6' },
  happy: { light: '#f2b701', dark: '#ffd24d' },
  neutral: { light: '#b4bcc4', dark: '#68727c' },
  sad: { light: '#2b6cb8', dark: '#4f94e0' },
  surprise: { light: '#5cc4e8', dark: '#8fdcf7' },
  contempt: { light: '#7d5a41', dark: '#b8906f' },
} as const satisfies Record<string, ColourPair>;

/** A colour for each class, all different for up to eight. */
export function classColours(classes: readonly string[]): ColourPair[] {
  const known: Readonly<Record<string, ColourPair>> = expressionColours;
  const own = (name: string) => (Object.hasOwn(known, name) ? known[name] : undefined);
  const taken = new Set(classes.map(own));
  const free = Object.values(expressionColours).filter((pair) => !taken.has(pair));
  const all = Object.values(expressionColours);
  let next = 0;
  return classes.map((name) => own(name) ?? free[next++] ?? all[next++ % all.length]!);
}

/** Steps of the sequential scale for cells; step 0 is an empty cell. */
const scaleSteps = 24;

/** Cells from background to deep blue (light), and from background to bright sky blue (dark). */
export const cellScale: readonly ColourPair[] = Array.from({ length: scaleSteps }, (_, i) => {
  const t = i / (scaleSteps - 1);
  return { light: mix('#f4f7fa', '#004f86', t), dark: mix('#1c2229', '#6cc3f5', t) };
});

/** Text on cells: `cellInks[a][b]`, with a = 1 for white on the light scheme, b = 1 for black on the dark one. */
const cellInks = [
  [
    { light: '#040506', dark: '#fcfdfe' },
    { light: '#040507', dark: '#020304' },
  ],
  [
    { light: '#fdfeff', dark: '#fcfdfe' },
    { light: '#fdfefe', dark: '#020304' },
  ],
] as const satisfies readonly (readonly ColourPair[])[];

/** The scale's step for a share from 0 to 1. */
export function cellStep(share: number): number {
  return Math.round(Math.min(Math.max(share, 0), 1) * (scaleSteps - 1));
}

/** The ink for a step of `cellScale`: in each scheme, the one that stands out more. */
export function cellInk(step: number): ColourPair {
  const cell = cellScale[step]!;
  const [[ink], [whiteInk]] = cellInks;
  const blackInk = cellInks[0][1];
  const white = contrast(whiteInk.light, cell.light) > contrast(ink.light, cell.light);
  const black = contrast(blackInk.dark, cell.dark) > contrast(ink.dark, cell.dark);
  return cellInks[white ? 1 : 0][black ? 1 : 0];
}

/** Every pair that a plot may contain. */
export function allColours(): ColourPair[] {
  return [...Object.values(palette), ...Object.values(expressionColours), ...cellScale, ...cellInks.flat()];
}

/** CSS that swaps each light colour for its dark partner. */
export function darkRules(): string {
  const rules = allColours().map(
    ({ light, dark }) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`;
}

/** WCAG 2.1 contrast ratio of two #rrggbb colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function channels(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((channel) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function mix(from: string, to: string, t: number): string {
  const [a, b] = [channels(from), channels(to)];
  const mixed = a.map((channel, i) => Math.round(channel + (b[i]! - channel) * t));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** First choice first. DejaVu Sans is the one that PNGs get, and the widest, by which space is reserved. */
export const fontFamily = "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
