import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fontFamily } from '../plots/theme.js';
import { drawSvg, svgToPng } from './svg-to-png.js';

const svg = (body: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><rect width="300" height="40" fill="#fff"/>${body}</svg>`;

const text = (content: string, family: string, more = '') =>
  svg(`<text x="9" y="28" font-size="20" font-family="${family}" ${more}>${content}</text>`);

/** Width of what isn't white, in pixels of the SVG. */
async function inkWidth(document: string): Promise<number> {
  const { data, width, height } = await drawSvg(document);
  const columns = Array.from({ length: width }, (_, x) => x).filter((x) =>
    Array.from({ length: height }, (_, y) => data[(y * width + x) * 4]!).some((red) => red < 200),
  );
  return columns.length === 0 ? 0 : (Math.max(...columns) - Math.min(...columns) + 1) / 2;
}

describe('drawSvg', () => {
  // By the advance widths of DejaVu Sans at 20 pixels (i, l 5.56; c 11; t 7.84; M 17.26; W 19.77), less bearings.
  it.each([fontFamily, 'Arial', 'DejaVu Serif', 'sans-serif'])(
    'draws text of %s in DejaVu Sans',
    async (family) => {
      const narrow = await inkWidth(text('illicit', family));
      expect(narrow).toBeGreaterThan(43);
      expect(narrow).toBeLessThan(51);
      const wide = await inkWidth(text('MWMWMWM', family));
      expect(wide).toBeGreaterThan(122);
      expect(wide).toBeLessThan(130);
    },
  );

  it('has the bold letters too', async () => {
    const regular = await inkWidth(text('happy', fontFamily));
    expect(await inkWidth(text('happy', fontFamily, 'font-weight="bold"'))).toBeGreaterThan(1.08 * regular);
  });

  it('draws letters that DejaVu Sans lacks by a font of the system, or as boxes where it has none', async () => {
    expect(await inkWidth(text('快乐', fontFamily))).toBeGreaterThan(20);
  });

  it('gives opaque pixels in the light colours, at twice the size', async () => {
    const dark = '<style>@media (prefers-color-scheme:dark){[fill="#c25400"]{fill:#e69f00}}</style>';
    const picture = await drawSvg(svg(`${dark}<rect x="10" width="10" height="40" fill="#c25400"/>`));
    expect([picture.width, picture.height]).toEqual([600, 80]);
    expect([...picture.data.subarray(25 * 4, 26 * 4)]).toEqual([0xc2, 0x54, 0, 255]);
    expect([...picture.data.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
  });

  it('leaves the environment of the process alone', async () => {
    const before = { ...process.env };
    await drawSvg(text('happy', fontFamily));
    expect({ ...process.env }).toEqual(before);
  });
});

describe('svgToPng', () => {
  it('writes what drawSvg draws', async () => {
    const document = text('happy', fontFamily);
    const { data, info } = await sharp(await svgToPng(document))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const picture = await drawSvg(document);
    expect([info.width, info.height]).toEqual([picture.width, picture.height]);
    expect(data.equals(picture.data)).toBe(true);
  });
});
