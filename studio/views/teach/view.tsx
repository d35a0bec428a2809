// The Teach view: own expressions, from samples to a model, in the page.

import { useCallback, useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { FileButton } from '../../components/file-button.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/notice.js';
import { download } from '../../files/download.js';
import { useIncomingFiles } from '../../files/incoming.js';
import { CameraPanel } from './camera-panel.js';
import { stopCamera } from './camera-state.js';
import { ClassCard, pictureFiles } from './class-card.js';
import {
  addClass,
  addPictures,
  isReady,
  lessonClasses,
  rejected,
  samples,
  samplesOf,
  takeRejectedWhole,
  waiting,
} from './lesson-state.js';
import { Outcome } from './outcome.js';
import { loadSamples, zipSamples } from './sample-files.js';
import { TrainPanel } from './train-panel.js';

const mostClasses = 50;

function Rejected() {
  const list = rejected.value;
  if (list.length === 0) return null;
  const names = list.slice(0, 3).map(({ file, reason }) => `${file.name} (${reason})`);
  const more = list.length > 3 ? ` and ${list.length - 3} more` : '';
  return (
    <Notice kind="warning">
      <span>
        {list.length === 1 ? 'One picture gave' : `${list.length} pictures gave`} no sample:{' '}
        {names.join(', ')}
        {more}. Crops of faces can be taken whole.
      </span>
      <span class="row">
        <Button onClick={() => void takeRejectedWhole()}>Take whole</Button>
        <Button
          kind="quiet"
          onClick={() => {
            rejected.value = [];
          }}
        >
          Leave out
        </Button>
      </span>
    </Notice>
  );
}

function SampleTools({ onZip }: { onZip(file: File): void }) {
  return (
    <div class="row">
      <FileButton kind="quiet" accept=".zip" disabled={!isReady.value} onFiles={([file]) => onZip(file!)}>
        <Icon name="folder" /> Load samples
      </FileButton>
      {samples.value.length > 0 && (
        <Button kind="quiet" onClick={() => void zipSamples().then((zip) => download(zip, 'samples.zip'))}>
          <Icon name="download" /> Download samples
        </Button>
      )}
    </div>
  );
}

export function TeachView() {
  const [failure, setFailure] = useState<string | null>(null);
  const readZip = useCallback((file: File) => {
    setFailure(null);
    loadSamples(file).catch((error: Error) => setFailure(error.message));
  }, []);
  /** Dropped beside the classes, or pasted: for the first class without samples, or the last one. */
  const take = useCallback(
    (files: File[]) => {
      const zip = files.find(({ name }) => /\.zip$/i.test(name));
      if (zip !== undefined) readZip(zip);
      const pictures = pictureFiles(files);
      const target =
        lessonClasses.value.find(({ id }) => samplesOf(id).length === 0) ?? lessonClasses.value.at(-1);
      if (pictures.length > 0 && target !== undefined) void addPictures(pictures, target.id);
      else if (zip === undefined)
        setFailure('There is no picture and no zip file of samples among these files.');
    },
    [readZip],
  );
  useIncomingFiles(take);
  useEffect(() => stopCamera, []);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>Teach</h1>
          <p class="muted">
            Name expressions of your own, show some of each, and train a model that tells them apart. Samples
            and model stay in this page; reloading forgets what you don&rsquo;t download.
          </p>
        </div>
        <SampleTools onZip={readZip} />
      </div>
      {failure !== null && <Notice kind="error">{failure}</Notice>}
      <Rejected />
      <div class="workbench">
        <div class="stack">
          <div class="classes">
            {lessonClasses.value.map((entry, i) => (
              <ClassCard key={entry.id} entry={entry} number={i + 1} />
            ))}
          </div>
          <div class="row spread">
            <Button disabled={lessonClasses.value.length >= mostClasses} onClick={() => addClass()}>
              <Icon name="plus" /> Add a class
            </Button>
            <span class="small muted" role="status">
              {waiting.value > 0 &&
                `Looking for faces in ${waiting.value} picture${waiting.value === 1 ? '' : 's'} \u2026`}
            </span>
          </div>
        </div>
        <div class="stack">
          <CameraPanel />
          <TrainPanel />
          <Outcome />
        </div>
      </div>
    </>
  );
}
