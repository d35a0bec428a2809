// The pictures that `ferlab predict` writes beside its answers: annotated copies, and the faces that were cut out.

import { cropFace } from '../faces/crop.js';
import { scaledFace } from '../faces/find-faces.js';
import { cropOf } from '../faces/recognise.js';
import type { RgbImage } from '../image/rgb.js';
import type { ModelMetadata } from '../predict/metadata.js';
import type { FilePrediction, PredictedPicture } from '../predict-files/predict-files.js';
import { labelOf, type Mark, markedPicture, marksOf } from './mark-faces.js';
import { formOfCopy, nameFor, PictureFolder } from './picture-folder.js';

/** Side of the faces that are written, in pixels; as of `ferlab crop`. */
const cropSize = 96;

export class PredictionFolders {
  private constructor(
    private readonly annotated: PictureFolder | null,
    private readonly crops: PictureFolder | null,
    private readonly metadata: Pick<ModelMetadata, 'crop'>,
    private readonly paths: readonly string[],
  ) {}

  /**
   * @param folders where to; each is left out where there is no path.
   * @param metadata of the model that cuts out faces.
   * @param paths that were predicted.
   * @throws FerlabError `io` where a folder holds something or can't be made.
   */
  static async open(
    folders: { annotated: string | undefined; crops: string | undefined },
    metadata: Pick<ModelMetadata, 'crop'>,
    paths: readonly string[],
  ): Promise<PredictionFolders> {
    const annotated =
      folders.annotated === undefined ? null : await PictureFolder.open(folders.annotated, true);
    try {
      const crops = folders.crops === undefined ? null : await PictureFolder.open(folders.crops);
      return new PredictionFolders(annotated, crops, metadata, paths);
    } catch (error) {
      await annotated?.close();
      throw error;
    }
  }

  /** Writes what belongs to a picture that was predicted. */
  async write({ prediction, image }: PredictedPicture): Promise<void> {
    if ('error' in prediction || image === null) return;
    const name = nameFor(prediction.file, this.paths);
    await this.annotated?.write(name, await annotatedCopy(prediction, image), formOfCopy(prediction.file));
    if (this.crops === null) return;
    if (!('faces' in prediction)) {
      await this.crops.write(name, image, 'png');
      return;
    }
    const crop = cropOf(this.metadata);
    const scale = image.width / prediction.width; // of a large picture, a smaller one
    for (const [i, face] of prediction.faces.entries()) {
      if ('reason' in face) continue;
      const number = prediction.faces.length > 1 ? `-${i + 1}` : '';
      const cut = cropFace(image, scaledFace(face, scale), crop, { width: cropSize, height: cropSize });
      await this.crops.write(name + number, cut, 'png');
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.annotated?.close(), this.crops?.close()]);
  }
}

type Answered = Exclude<FilePrediction, { error: string }>;

async function annotatedCopy(prediction: Answered, image: RgbImage): Promise<RgbImage> {
  if ('faces' in prediction) {
    const scale = image.width / prediction.width;
    return markedPicture(
      image,
      marksOf(prediction.faces.map((face) => ({ ...face, ...scaledFace(face, scale) }))),
    );
  }
  const box = { x: 0, y: 0, width: image.width, height: image.height };
  const mark: Mark = { box, label: labelOf(prediction), answered: true };
  return markedPicture(image, [mark]);
}
