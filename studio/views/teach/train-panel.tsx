// Which model is taught, the button that starts it, and how it goes.

import { percent } from '../../components/bars.js';
import { Button } from '../../components/button.js';
import { ModelChoice } from '../../components/model-choice.js';
import { Notice } from '../../components/notice.js';
import { Plot } from '../../components/plot.js';
import { lessonClasses, parentId, parentModel, samplesOf } from './lesson-state.js';
import { history, missing, stopTraining, taught, train, training } from './teaching-state.js';

function Course() {
  const now = training.value;
  if (now.state !== 'running') return null;
  const last = history.value.at(-1);
  const { done, total } = now.looked ?? { done: 0, total: 0 };
  const isLooking = last === undefined;
  const words = isLooking
    ? total === 0
      ? 'Reading the samples \u2026'
      : `Looking at the samples: ${done} of ${total} views`
    : `Training: epoch ${last.epoch} of ${now.epochs}`;
  const share = isLooking ? (total === 0 ? 0 : done / total) : last.epoch / Math.max(1, now.epochs);
  return (
    <div class="stack">
      <p class="small number">{words}</p>
      <progress value={share} max={1} aria-label={isLooking ? 'Samples looked at' : 'Training'} />
    </div>
  );
}

function Curves() {
  const rows = history.value;
  const last = rows.at(-1);
  if (last === undefined) return null;
  const { accuracy, valAccuracy, loss, valLoss } = last.measures as Record<string, number>;
  const said = `after epoch ${last.epoch}: ${percent(accuracy!)} of the samples trained on, ${percent(valAccuracy!)} of those held back`;
  return (
    <div class="curves">
      <Plot plot="lessonAccuracy" input={rows} label={`Accuracy by epoch; ${said}`} />
      <Plot
        plot="lessonLoss"
        input={rows}
        label={`Loss by epoch; after epoch ${last.epoch}: ${loss!.toFixed(3)} in training, ${valLoss!.toFixed(3)} of what was held back`}
      />
    </div>
  );
}

export function TrainPanel() {
  const now = training.value;
  const isRunning = now.state === 'running';
  const reason = missing.value;
  const hasSamples = lessonClasses.value.some(({ id }) => samplesOf(id).length > 0);
  return (
    <section class="card stack" aria-label="Training">
      <h2>Train</h2>
      <ModelChoice
        label="Model whose last layer is taught anew"
        value={parentId.value}
        onChange={(id) => {
          parentModel.value = id;
        }}
      />
      <div class="row">
        <Button kind="primary" disabled={reason !== null || isRunning} onClick={() => void train()}>
          {taught.value === null ? 'Train' : 'Train again'}
        </Button>
        {isRunning && <Button onClick={stopTraining}>Stop</Button>}
      </div>
      {reason !== null && (hasSamples || lessonClasses.value.length < 2) && (
        <p class="muted small">{reason}</p>
      )}
      {now.state === 'failed' && <Notice kind="error">{now.message}</Notice>}
      <Course />
      <Curves />
    </section>
  );
}
