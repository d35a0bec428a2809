// Every expression with its probability as a bar, the most probable first.

import { classColours } from '../../src/plots/theme.js';
import type { Prediction } from '../../src/predict/model.js';
import { theme } from '../theme.js';

/** From 0 to 1, in words. */
export const percent = (share: number): string => `${(share * 100).toFixed(share >= 0.0995 ? 0 : 1)}%`;

export function Bars({
  prediction,
  classes,
  label,
}: {
  prediction: Prediction;
  /** In the model's order, which gives them their colours. */
  classes: readonly string[];
  label: string;
}) {
  const colours = classColours(classes);
  return (
    <ol class="bars" aria-label={label}>
      {prediction.ranking.map(({ label: name, probability }, i) => (
        <li key={name} class={i === 0 ? 'first' : undefined}>
          <span class={i === 0 ? 'first' : undefined}>{name}</span>
          <span class="track" aria-hidden="true">
            <span
              class="fill"
              style={{
                display: 'block',
                width: `${probability * 100}%`,
                background: colours[classes.indexOf(name)]?.[theme.value],
              }}
            />
          </span>
          <span class="share">{percent(probability)}</span>
        </li>
      ))}
    </ol>
  );
}
