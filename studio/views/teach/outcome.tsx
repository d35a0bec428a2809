// What was taught: how well the model does on what was held back, by class; trying it, and taking it home.

import { percent } from '../../components/bars.js';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/notice.js';
import { chosenModel } from '../../engine/studio.js';
import { download } from '../../files/download.js';
import { TryPicture } from './camera-panel.js';
import { type Taught, taught } from './teaching-state.js';

function Scores({ result: { evaluation } }: Taught) {
  const { classes, confusion, perClass } = evaluation;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard, too
    <section class="scroll-x" aria-label="Scores by class" tabIndex={0}>
      <table class="scores">
        <caption>Held-back samples: a row for each class, and what the model took them for</caption>
        <thead>
          <tr>
            <th scope="col">class</th>
            {classes.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">right</th>
          </tr>
        </thead>
        <tbody>
          {classes.map((name, k) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {confusion[k]!.map((count, answer) => (
                <td
                  key={classes[answer]}
                  data-right={answer === k ? '' : undefined}
                  data-some={count > 0 ? '' : undefined}
                >
                  {count}
                </td>
              ))}
              <td>{percent(perClass[name]!.recall)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const fileName = (classes: readonly string[]): string =>
  `${classes
    .join('-')
    .replace(/[^\p{L}\p{N}-]+/gu, '_')
    .slice(0, 60)}.onnx`;

export function Outcome() {
  const now = taught.value;
  if (now === null) return null;
  const { evaluation, bytes, temperature, warnings } = now.result;
  const [low, high] = evaluation.accuracyInterval;
  return (
    <section class="card stack" aria-label="Outcome">
      <div role="status">
        <h2>Right on {percent(evaluation.accuracy)} of what it had not seen</h2>
        <p class="muted small">
          {evaluation.n} samples were held back, the last ones of each recording (95% interval {percent(low)}{' '}
          to {percent(high)}). Taught in {now.seconds.toFixed(0)} s
          {temperature === null
            ? '.'
            : `; probabilities calibrated on them (temperature ${temperature.toFixed(2)}).`}
        </p>
      </div>
      <Scores {...now} />
      {warnings.map((warning) => (
        <Notice key={warning} kind="warning">
          {warning}
        </Notice>
      ))}
      <TryPicture model={now.model} />
      <div class="row">
        <Button
          kind="primary"
          onClick={() =>
            download(
              new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
              fileName(evaluation.classes),
            )
          }
        >
          <Icon name="download" /> Download the model
        </Button>
        <Button
          onClick={() => {
            chosenModel.value = now.model.id;
            location.hash = '#/recognise';
          }}
        >
          Recognise with it
        </Button>
      </div>
      <p class="muted small">
        The file works with the command line, too:{' '}
        <code>ferlab predict --model {fileName(evaluation.classes)} face.jpg</code>
      </p>
    </section>
  );
}
