// What can be done with the pictures: more of them, a copy with boxes, export, remove all.

import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { download, stemOf } from '../../files/download.js';
import { snapshot } from '../../files/snapshot.js';
import { picturesCsv, picturesJson } from './picture-files.js';
import { marksOf } from './picture-stage.js';
import { type PictureItem, pictures, removePictures } from './pictures-state.js';

async function savePicture({ name, file, answer }: PictureItem): Promise<void> {
  if (answer.state !== 'done') return;
  const bitmap = await createImageBitmap(file);
  const copy = await snapshot(bitmap, bitmap.width, bitmap.height, marksOf(answer.found));
  bitmap.close();
  download(copy, `${stemOf(name)}-faces.png`);
}

export function PictureTools({ shown }: { shown: PictureItem }) {
  const isDone = pictures.value.every(({ answer }) => answer.state !== 'waiting');
  return (
    <div class="row spread">
      <div class="row">
        <Button disabled={shown.answer.state !== 'done'} onClick={() => void savePicture(shown)}>
          <Icon name="picture" /> Snapshot
        </Button>
        <Button
          disabled={!isDone}
          onClick={() => download(picturesCsv(pictures.value), 'expressions.csv', 'text/csv')}
        >
          <Icon name="download" /> CSV
        </Button>
        <Button
          disabled={!isDone}
          onClick={() => download(picturesJson(pictures.value), 'expressions.json', 'application/json')}
        >
          <Icon name="download" /> JSON
        </Button>
      </div>
      <Button kind="quiet" onClick={removePictures}>
        <Icon name="trash" /> Remove all
      </Button>
    </div>
  );
}
