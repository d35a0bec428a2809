// The Recognise view: faces and their expressions in pictures.

import { useCallback, useState } from 'preact/hooks';
import { Notice } from '../../components/notice.js';
import { addModelBytes, chosenModel } from '../../engine/studio.js';
import { kindOfFile, useIncomingFiles } from '../../files/incoming.js';
import { asFailure } from '../../words/failures.js';
import { Pictures } from './pictures.js';
import { addPictures } from './pictures-state.js';

export function RecogniseView() {
  const [failure, setFailure] = useState<string | null>(null);
  const take = useCallback((files: File[]) => {
    setFailure(null);
    const chosen = files.filter((file) => kindOfFile(file) === 'picture');
    const [model] = files.filter((file) => kindOfFile(file) === 'model');
    if (chosen.length > 0) addPictures(chosen);
    if (model !== undefined) void openModel(model).catch((error) => setFailure(asFailure(error).message));
    if (chosen.length === 0 && model === undefined)
      setFailure(
        'There is no picture and no .onnx model among these files. JPEG, PNG, WebP, GIF, BMP and AVIF can be read.',
      );
  }, []);
  useIncomingFiles(take);
  return (
    <>
      <div class="view-head">
        <div>
          <h1>Recognise</h1>
          <p class="muted">Find the faces in pictures and see which expression the model reads in each.</p>
        </div>
      </div>
      {failure !== null && <Notice kind="error">{failure}</Notice>}
      <Pictures onFiles={take} />
    </>
  );
}

async function openModel(file: File): Promise<void> {
  const { id } = await addModelBytes(new Uint8Array(await file.arrayBuffer()), file.name, 'dropped');
  chosenModel.value = id;
}
