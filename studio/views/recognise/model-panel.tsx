// Which model answers, which second one is compared with it, and how pictures are taken.

import { ModelChoice, OpenModelButton } from '../../components/model-choice.js';
import { chosenModel, comparedModel } from '../../engine/studio.js';
import { rotations, showsPoints } from './pictures-state.js';

export function ModelPanel({ compares = true }: { compares?: boolean }) {
  return (
    <section class="card stack" aria-label="Model and options">
      <ModelChoice
        label="Model"
        value={chosenModel.value}
        onChange={(id) => {
          chosenModel.value = id;
        }}
      />
      {compares && (
        <ModelChoice
          label="Compare with"
          none="no other model"
          value={comparedModel.value}
          onChange={(id) => {
            comparedModel.value = id;
          }}
        />
      )}
      <OpenModelButton
        onOpened={({ id }) => {
          chosenModel.value = id;
        }}
      />
      <div class="row">
        <label class="check">
          <input
            type="checkbox"
            checked={showsPoints.value}
            onChange={({ currentTarget }) => {
              showsPoints.value = currentTarget.checked;
            }}
          />
          Points
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={rotations.value}
            onChange={({ currentTarget }) => {
              rotations.value = currentTarget.checked;
            }}
          />
          Turned faces, too
        </label>
      </div>
    </section>
  );
}
