// The expressions of the people over time, as the report of `ferlab video` draws them.

import { Plot } from '../../components/plot.js';
import { useShownWidth } from '../../components/shown-width.js';
import type { TimelineData } from '../../engine/recording.js';
import { liveFrame, liveTimeline, timelineWidth } from './live-state.js';

/** Pixels of the plot that aren't parts: names of people, margins. */
const besideParts = 132;

/** For screen readers: what each person showed most. */
function describeTimeline({ people, scale }: TimelineData): string {
  const each = people.map(({ name, parts }) => {
    const sums = scale.classes.map((_, i) => parts.reduce((sum, part) => sum + (part?.[i] ?? 0), 0));
    const total = sums.reduce((a, b) => a + b, 0);
    const shares = scale.classes
      .map((label, i) => ({ label, share: sums[i]! / total }))
      .sort((a, b) => b.share - a.share)
      .slice(0, 3);
    return `${name}: ${shares.map(({ label, share }) => `${label} ${Math.round(share * 100)}%`).join(', ')}`;
  });
  return `Expressions over ${(scale.to - scale.from).toFixed(0)} seconds. ${each.join('. ')}.`;
}

export function Timeline() {
  const [frame, width] = useShownWidth<HTMLElement>();
  const data = liveTimeline.value;
  if (width > 0) timelineWidth.value = Math.max(50, Math.min(400, Math.floor((width - besideParts) / 3)));
  const recorded = liveFrame.value?.recorded;
  return (
    <section class="card timeline" aria-label="Timeline" ref={frame}>
      {data === null ? (
        <p class="muted">The timeline begins when somebody has been seen for a second.</p>
      ) : (
        <Plot plot="timeline" input={data} label={describeTimeline(data)} />
      )}
      {recorded?.full && <p class="muted small">The record is full. Export it, then begin anew.</p>}
    </section>
  );
}
