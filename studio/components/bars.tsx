// Every expression with its probability as a bar.

import { classColours } from '../../src/plots/theme.js';
import type { Prediction } from '../../src/predict/model.js';
import { theme } from '../theme.js';

/** From 0 to 1, in words. */
export const percent = (share: number): string => `${(share * 100).toFixed(share >= 0.0995 ? 0 : 1)}%`;

export function Bars({
  prediction,
  classes,
  label,
  still = false,
}: {
  prediction: Prediction;
  /** In the model's order, which gives them their colours. */
  classes: readonly string[];
  label: string;
  /** Classes stay in the model's order, so that bars that change many times a second can be read. */
  still?: boolean;
}) {
  const order = (name: string) => classes.indexOf(name);
  const [best] = prediction.ranking;
  const shown = still
    ? [...prediction.ranking].sort((a, b) => order(a.label) - order(b.label))
    : prediction.ranking;
  const colours = classColours(classes);
  return (
    <ol class="bars" aria-label={label}>
      {shown.map(({ label: name, probability }) => (
        <li key={name} class={name === best!.label ? 'first' : undefined}>
          <span class={name === best!.label ? 'first' : undefined}>{name}</span>
          <span class="track" aria-hidden="true">
            <span
              class="fill"
              style={{
                display: 'block',
                width: `${probability * 100}%`,
                background: colours[order(name)]?.[theme.value],
              }}
            />
          </span>
          <span class="share">{percent(probability)}</span>
        </li>
      ))}
    </ol>
  );
}
