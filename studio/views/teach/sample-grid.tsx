// The samples of a class: looked at, chosen, deleted, given to another class; by pointer and by keyboard.

import { useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import {
  chooseSample,
  chosenSamples,
  deleteSamples,
  type LessonClass,
  lessonClasses,
  relabelSamples,
  type Sample,
  samplesOf,
} from './lesson-state.js';
import { marked, taught } from './teaching-state.js';

/** What has to be known of a sample, in words; empty where nothing has. */
function describeSample({ id }: Sample): string {
  const mark = marked.value.get(id);
  const answer = taught.value?.heldBack.get(id);
  return [
    mark === 'copy' ? 'a copy of another sample' : mark === 'in two classes' ? 'in two classes' : null,
    answer === null ? 'held back, recognised' : null,
    typeof answer === 'string' ? `held back, taken for ${answer}` : null,
  ]
    .filter((part) => part !== null)
    .join('; ');
}

function Tile({
  sample,
  number,
  isFocusable,
  onKey,
  onFocus,
}: {
  sample: Sample;
  number: number;
  isFocusable: boolean;
  onKey(event: KeyboardEvent): void;
  onFocus(): void;
}) {
  const isChosen = chosenSamples.value.has(sample.id);
  const description = describeSample(sample);
  const answer = taught.value?.heldBack.get(sample.id);
  return (
    <button
      type="button"
      class="sample"
      aria-pressed={isChosen}
      aria-label={`Sample ${number}${description === '' ? '' : `, ${description}`}`}
      title={description === '' ? sample.name : `${sample.name}: ${description}`}
      data-mark={marked.value.has(sample.id) ? '' : undefined}
      data-held={answer === undefined ? undefined : answer === null ? 'right' : 'wrong'}
      data-sample={sample.id}
      tabIndex={isFocusable ? 0 : -1}
      onClick={() => chooseSample(sample.id, !isChosen)}
      onKeyDown={onKey}
      onFocus={onFocus}
    >
      <img class="sample-picture" src={sample.url} alt="" loading="lazy" />
    </button>
  );
}

/** Tiles in a row of a grid, by where they stand. */
function tilesInRow(grid: HTMLElement): number {
  const tiles = [...grid.querySelectorAll<HTMLElement>('.sample')];
  const top = tiles[0]?.offsetTop;
  return Math.max(1, tiles.filter((tile) => tile.offsetTop === top).length);
}

const steps: Record<string, (row: number) => number> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (row) => -row,
  ArrowDown: (row) => row,
};

export function SampleGrid({ entry }: { entry: LessonClass }) {
  const grid = useRef<HTMLFieldSetElement>(null);
  const [focused, setFocused] = useState(0);
  const own = samplesOf(entry.id);
  if (own.length === 0) return null;
  const place = Math.min(focused, own.length - 1);
  const moveTo = (target: number) => {
    const bounded = Math.max(0, Math.min(own.length - 1, target));
    setFocused(bounded);
    grid.current?.querySelectorAll<HTMLElement>('.sample')[bounded]?.focus();
  };
  /** After samples have gone, the focus stays in the grid. */
  const refocus = (at: number) => setTimeout(() => moveTo(at), 0);
  const onKey = (event: KeyboardEvent, i: number) => {
    const ids = chosenSamples.value.has(own[i]!.id) ? chosenHere(own) : [own[i]!.id];
    const target = lessonClasses.value[Number(event.key) - 1];
    const step = steps[event.key];
    if (step !== undefined) moveTo(i + step(tilesInRow(grid.current!)));
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(own.length - 1);
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      deleteSamples(ids);
      refocus(i);
    } else if (target !== undefined && target.id !== entry.id) {
      relabelSamples(ids, target.id);
      refocus(i);
    } else return;
    event.preventDefault();
  };
  return (
    <>
      <fieldset class="samples" ref={grid}>
        <legend class="hidden-text">
          Samples of {entry.name}. Arrows move, Space chooses, Delete deletes, a number gives them to that
          class.
        </legend>
        {own.map((sample, i) => (
          <Tile
            key={sample.id}
            sample={sample}
            number={i + 1}
            isFocusable={i === place}
            onKey={(event) => onKey(event, i)}
            onFocus={() => setFocused(i)}
          />
        ))}
      </fieldset>
      <ChosenTools entry={entry} own={own} />
    </>
  );
}

const chosenHere = (own: readonly Sample[]): number[] =>
  own.filter(({ id }) => chosenSamples.value.has(id)).map(({ id }) => id);

function ChosenTools({ entry, own }: { entry: LessonClass; own: readonly Sample[] }) {
  const chosen = chosenHere(own);
  const copies = own.filter(({ id }) => marked.value.get(id) === 'copy').map(({ id }) => id);
  if (chosen.length === 0)
    return copies.length === 0 ? null : (
      <Button kind="quiet" onClick={() => deleteSamples(copies)}>
        <Icon name="trash" /> Delete {copies.length === 1 ? '1 copy' : `${copies.length} copies`}
      </Button>
    );
  return (
    <div class="row chosen-tools">
      <span class="small muted" role="status">
        {chosen.length} chosen
      </span>
      <Button onClick={() => deleteSamples(chosen)}>
        <Icon name="trash" /> Delete
      </Button>
      <label class="field inline">
        <span>Move to</span>
        <select
          value=""
          onChange={({ currentTarget }) => relabelSamples(chosen, Number(currentTarget.value))}
        >
          <option value="" disabled>
            another class
          </option>
          {lessonClasses.value
            .filter(({ id }) => id !== entry.id)
            .map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
        </select>
      </label>
      <Button kind="quiet" onClick={() => chosen.forEach((id) => void chooseSample(id, false))}>
        Choose none
      </Button>
    </div>
  );
}
