// The Recognise view: faces and their expressions in pictures, from the webcam, and in films.

import { signal } from '@preact/signals';
import { useCallback, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/notice.js';
import { Segments } from '../../components/segments.js';
import { addModelBytes, chosenModel } from '../../engine/studio.js';
import { kindOfFile, useIncomingFiles } from '../../files/incoming.js';
import { asFailure } from '../../words/failures.js';
import { Live } from './live.js';
import { Pictures } from './pictures.js';
import { addPictures } from './pictures-state.js';

type Source = 'pictures' | 'webcam' | 'film';

/** Outlives the view, so that coming back from another one shows what was there. */
const source = signal<Source>('pictures');

const choices = [
  {
    value: 'pictures',
    content: (
      <>
        <Icon name="picture" /> Pictures
      </>
    ),
  },
  {
    value: 'webcam',
    content: (
      <>
        <Icon name="camera" /> Webcam
      </>
    ),
  },
  {
    value: 'film',
    content: (
      <>
        <Icon name="film" /> Film
      </>
    ),
  },
] as const;

async function openModel(file: File): Promise<void> {
  const { id } = await addModelBytes(new Uint8Array(await file.arrayBuffer()), file.name, 'dropped');
  chosenModel.value = id;
}

const nothingOfUse =
  'None of these files is a picture, a film or an .onnx model. Pictures may be JPEG, PNG, WebP, GIF, BMP or AVIF.';

export function RecogniseView() {
  const [failure, setFailure] = useState<string | null>(null);
  const [film, setFilm] = useState<File | null>(null);
  const take = useCallback((files: File[]) => {
    setFailure(null);
    const pictures = files.filter((file) => kindOfFile(file) === 'picture');
    const model = files.find((file) => kindOfFile(file) === 'model');
    const given = files.find((file) => kindOfFile(file) === 'film');
    if (model !== undefined) openModel(model).catch((error) => setFailure(asFailure(error).message));
    if (pictures.length > 0) {
      addPictures(pictures);
      source.value = 'pictures';
    } else if (given !== undefined) {
      setFilm(given);
      source.value = 'film';
    } else if (model === undefined) setFailure(nothingOfUse);
  }, []);
  useIncomingFiles(take);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>Recognise</h1>
          <p class="muted">Find faces and see which expression the model reads in each.</p>
        </div>
        <Segments
          label="Where faces come from"
          name="source"
          segments={choices}
          value={source.value}
          onChange={(value) => {
            source.value = value;
          }}
        />
      </div>
      {failure !== null && <Notice kind="error">{failure}</Notice>}
      {source.value === 'pictures' ? (
        <Pictures onFiles={take} />
      ) : (
        <Live kind={source.value} film={film} onFiles={take} />
      )}
    </>
  );
}
