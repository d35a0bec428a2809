// One class: its name, how samples come to it, and its samples.

import { Button } from '../../components/button.js';
import { FileButton } from '../../components/file-button.js';
import { Icon } from '../../components/icon.js';
import {
  addPictures,
  isReady,
  type LessonClass,
  lessonClasses,
  nameProblems,
  removeClass,
  renameClass,
  samplesOf,
} from './lesson-state.js';
import { RecordButton } from './record-button.js';
import { SampleGrid } from './sample-grid.js';

export const pictureFiles = (files: readonly File[]): File[] =>
  files.filter(({ type }) => type.startsWith('image/'));

export function ClassCard({ entry, number }: { entry: LessonClass; number: number }) {
  const { id, name } = entry;
  const problem = nameProblems.value.get(id) ?? null;
  const count = samplesOf(id).length;
  const drop = (event: DragEvent) => {
    const files = pictureFiles([...(event.dataTransfer?.files ?? [])]);
    if (files.length === 0) return;
    // The page takes drops, too: this one is the class's.
    event.preventDefault();
    event.stopPropagation();
    void addPictures(files, id);
  };
  return (
    <section class="card stack class-card" aria-label={`Class ${number}: ${name}`} onDrop={drop}>
      <div class="row spread">
        <label class="field class-name">
          <span>Class {number}</span>
          <input
            type="text"
            value={name}
            maxLength={60}
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : `problem-${id}`}
            onInput={({ currentTarget }) => renameClass(id, currentTarget.value)}
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
        </label>
        <span class="small muted number" role="status">
          {count} sample{count === 1 ? '' : 's'}
        </span>
        {lessonClasses.value.length > 2 && (
          <Button kind="quiet" iconOnly label={`Remove the class ${name}`} onClick={() => removeClass(id)}>
            <Icon name="trash" />
          </Button>
        )}
      </div>
      {problem !== null && (
        <p class="small problem" id={`problem-${id}`}>
          {problem}
        </p>
      )}
      <div class="row">
        <RecordButton entry={entry} />
        <FileButton
          accept="image/*"
          multiple
          disabled={!isReady.value}
          label={`Choose pictures for ${name}`}
          onFiles={(files) => void addPictures(pictureFiles(files), id)}
        >
          <Icon name="picture" /> Pictures
        </FileButton>
      </div>
      {count === 0 ? (
        <p class="muted small empty-class">Record yourself, or drop pictures of this expression here.</p>
      ) : (
        <SampleGrid entry={entry} />
      )}
    </section>
  );
}
