// From an ECharts option to an SVG document, on a server or in a page. The only importer of ECharts.

import { BarChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { allowedInXml, escapeXml } from '../format/xml.js';
import { darkRules, fontFamily, palette } from './theme.js';

/** Pixels at scale 1. */
export interface PlotSize {
  width: number;
  height: number;
}

export type PlotOption = echarts.EChartsCoreOption;

let registered = false;

function register(): void {
  if (registered) return;
  registered = true;
  echarts.use([
    BarChart,
    GridComponent,
    HeatmapChart,
    LabelLayout,
    LegendComponent,
    LineChart,
    MarkLineComponent,
    ScatterChart,
    SVGRenderer,
    TitleComponent,
    VisualMapComponent,
  ]);
  const estimated = {
    measureText: (text: string, font?: string) => ({ width: textWidth(text, sizeOf(font)) }),
  };
  echarts.setPlatformAPI(estimated as Parameters<typeof echarts.setPlatformAPI>[0]);
}

function sizeOf(font: string | undefined): number {
  return Number(/(\d+(?:\.\d+)?)px/.exec(font ?? '')?.[1] ?? 12);
}

/**
 * Width of a text in DejaVu Sans, in pixels, within about 5%: by classes of characters, with their advance widths in
 * thousandths of the font size. ECharts' own estimate without a canvas is for the narrower Arial.
 */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const character of text) {
    if (/[iIjl.,:;'|! ()[\]]/.test(character)) width += 330;
    else if (/[frt/\\-]/.test(character)) width += 390;
    else if (/[mwMW%@→]/.test(character)) width += 910;
    else if (/[A-Z]/.test(character)) width += 690;
    else if (character.codePointAt(0)! > 0x2e80) width += 1000;
    else width += 615;
  }
  return (width / 1000) * size;
}

/**
 * A name that people chose, for a plot. ECharts keeps what it has measured in a plain object, by the text: a class called
 * `__proto__` or `toString` would change the objects of the whole program. A space without width makes it another text.
 */
export function plottedName(name: string): string {
  const allowed = allowedInXml(name);
  return allowed in {} ? `${allowed}\u200b` : allowed;
}

/**
 * Draws `option` as one SVG document, readable on light and dark pages (see theme.ts). `description` is what a screen
 * reader says. The same option gives the same text.
 */
export function renderSvg(option: PlotOption, size: PlotSize, description: string): string {
  register();
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: palette.background.light,
      textStyle: { fontFamily, fontSize: 13, color: palette.text.light },
      ...option,
    });
    return finish(chart.renderToSVGString(), description);
  } finally {
    chart.dispose();
  }
}

/** Drops hover rules (they'd undo the dark colours), makes ids independent of earlier plots, adds dark rules and title. */
function finish(svg: string, description: string): string {
  const plain = svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
    .replace(/ class="zr\d+-cls-\d+"/g, '')
    .replace(/ ecmeta_\w+="[^"]*"/g, '')
    .replace(/ pointer-events="visible"/g, '')
    .replace(/zr\d+-(?=[a-z])/g, 'plot-');
  const head = `<title>${escapeXml(description)}</title><style>${darkRules()}</style>`;
  return plain.replace(/(<svg[^>]*?)>/, `$1 role="img">${head}`);
}
