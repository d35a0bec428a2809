// What the axes of all plots have in common.

import { palette } from './theme.js';

/** Text at the ticks. */
export const tickLabels = { color: palette.mutedText.light, fontSize: 12 } as const;

/** An axis of values with its name in the middle, `nameGap` pixels away from the line. */
export function namedAxis(name: string, nameGap: number) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap,
    nameTextStyle: { fontSize: 13, color: palette.text.light },
    axisLabel: tickLabels,
    axisLine: { show: true, lineStyle: { color: palette.axis.light } },
    axisTick: { show: true, lineStyle: { color: palette.axis.light } },
  };
}
