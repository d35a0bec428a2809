// Draws the report's plots as SVG, beside the engine and the page: ECharts takes some ten milliseconds for each.

import { lessonPlot } from '../../src/plots/lesson.js';
import { darkRules } from '../../src/plots/theme.js';
import { type TimelinePerson, type TimelineScale, timelinePlot } from '../../src/plots/timeline.js';
import type { HistoryRow } from '../../src/scores/history.js';

/** The plots that can be asked for. */
const plots = {
  timeline: ({ people, scale }: { people: TimelinePerson[]; scale: TimelineScale }) =>
    timelinePlot(people, scale),
  lessonAccuracy: (rows: readonly HistoryRow[]) => lessonPlot(rows, 'accuracy'),
  lessonLoss: (rows: readonly HistoryRow[]) => lessonPlot(rows, 'loss'),
};

export type Plots = typeof plots;
export type PlotName = keyof Plots;

export interface PlotRequest {
  id: number;
  plot: PlotName;
  input: unknown;
  theme: 'light' | 'dark';
}

export type PlotReply = { id: number; svg: string } | { id: number; error: string };

/** The system's choice of colours isn't asked: the page has a switch of its own. */
function themed(svg: string, theme: 'light' | 'dark'): string {
  const rules = darkRules();
  const inside = rules.slice(rules.indexOf('{') + 1, -1);
  return svg.replace(rules, theme === 'dark' ? inside : '');
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<PlotRequest>) => void) | null;
  postMessage(reply: PlotReply): void;
};

scope.onmessage = ({ data: { id, plot, input, theme } }) => {
  try {
    const draw = plots[plot] as (input: unknown) => string;
    scope.postMessage({ id, svg: themed(draw(input), theme) });
  } catch (error) {
    scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
