// Recognising pictures: where they come in, the one that is shown, its faces, and the others as a strip.

import astronaut from '../../../test/data/astronaut.jpg?url';
import { Button } from '../../components/button.js';
import { DropZone, filesOver } from '../../components/drop-zone.js';
import { FileButton } from '../../components/file-button.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/notice.js';
import { engineState, fetchPictures, listedPictures } from '../../engine/studio.js';
import { FaceList } from './face-list.js';
import { ModelPanel } from './model-panel.js';
import { PictureStage } from './picture-stage.js';
import { PictureTools } from './picture-tools.js';
import {
  addPictures,
  facesChoice,
  type PictureItem,
  pictures,
  shownPicture,
  showPicture,
} from './pictures-state.js';

async function addExample(): Promise<void> {
  const blob = await (await fetch(astronaut)).blob();
  addPictures([new File([blob], 'astronaut.jpg', { type: blob.type })]);
}

function PickButtons({ onFiles, more = false }: { onFiles(files: File[]): void; more?: boolean }) {
  return (
    <div class="row">
      <FileButton kind={more ? 'plain' : 'primary'} accept="image/*" multiple onFiles={onFiles}>
        <Icon name={more ? 'plus' : 'picture'} /> {more ? 'More pictures' : 'Choose pictures'}
      </FileButton>
      <FileButton folder onFiles={onFiles}>
        <Icon name="folder" /> {more ? 'A folder' : 'Choose a folder'}
      </FileButton>
    </div>
  );
}

function Empty({ onFiles }: { onFiles(files: File[]): void }) {
  return (
    <DropZone icon="picture">
      <h2>Drop pictures or a folder here</h2>
      <p class="muted">
        Or paste one with Ctrl+V. They stay on this machine: faces are found and recognised in this browser.
      </p>
      <PickButtons onFiles={onFiles} />
      <Button kind="quiet" onClick={() => void addExample()}>
        Try it with a photograph of an astronaut
      </Button>
      {listedPictures.value.length > 0 && (
        <Button kind="quiet" onClick={() => void fetchPictures().then(addPictures)}>
          Show {listedPictures.value.length} pictures of the studio&rsquo;s folders
        </Button>
      )}
    </DropZone>
  );
}

function Strip() {
  const shown = shownPicture.value;
  if (pictures.value.length < 2) return null;
  return (
    <fieldset class="filmstrip">
      <legend class="hidden-text">Pictures</legend>
      {pictures.value.map((item) => {
        const { id, name, url, answer } = item;
        const count = answer.state === 'done' ? answer.found.faces.length : null;
        return (
          <button
            key={id}
            type="button"
            aria-pressed={id === shown?.id}
            aria-label={count === null ? name : `${name}, faces: ${count}`}
            title={name}
            onClick={() => showPicture(id)}
          >
            <img class="filmstrip-picture" src={url} alt="" loading="lazy" />
            {count !== null && <span class="count">{count}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}

function Outcome({ item }: { item: PictureItem }) {
  const { answer } = item;
  if (answer.state === 'failed') return <Notice kind="error">{answer.message}</Notice>;
  if (answer.state === 'waiting') {
    const words =
      engineState.value.state === 'starting' ? 'Starting the engine \u2026' : 'Looking for faces \u2026';
    return (
      <div class="card row" role="status">
        <span class="spinner" /> {words}
      </div>
    );
  }
  if (answer.found.faces.length > 0) return <FaceList found={answer.found} />;
  return (
    <Notice kind="warning">
      <span>
        No face was found in this picture. If the picture is the crop of a face, take it whole; if faces lie
        sideways, tick &ldquo;Turned faces, too&rdquo;.
      </span>
      <Button
        onClick={() => {
          facesChoice.value = 'crop';
        }}
      >
        Take it whole
      </Button>
    </Notice>
  );
}

export function Pictures({ onFiles }: { onFiles(files: File[]): void }) {
  const shown = shownPicture.value;
  return (
    <div class="workbench">
      <div class="stack">
        {shown === null ? (
          <Empty onFiles={onFiles} />
        ) : (
          <>
            <div class="stage" data-over={filesOver.value ? '' : undefined}>
              <PictureStage item={shown} />
            </div>
            <Strip />
            <PictureTools shown={shown} />
            <PickButtons onFiles={onFiles} more />
          </>
        )}
      </div>
      <div class="stack answers">
        <ModelPanel />
        {shown !== null && <Outcome item={shown} />}
      </div>
    </div>
  );
}
