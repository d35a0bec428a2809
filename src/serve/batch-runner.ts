// What a worker process does with a batch: decodes, finds faces and cuts them out, and asks the network about all that go
// together in one call.

import { forEachAtOnce, imagesAtOnce } from '../at-once.js';
import { decodeGray, decodePicture } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import { FerlabError } from '../errors.js';
import type { FaceDetector } from '../faces/detector.js';
import { isSearched, longestLikelyCropSide } from '../faces/faces-choice.js';
import { findFacesIn } from '../faces/find-faces.js';
import { openFaceDetector } from '../faces/open-detector.js';
import { answerFaces, type CutPicture, cutFaces } from '../faces/recognise.js';
import { faceJson, pictureFacesJson } from '../faces/recognised.js';
import { type GrayImage, toGray } from '../image/gray.js';
import { resizeGray } from '../image/resize.js';
import { type ExpressionModel, loadModelFromBytes, predictPixels } from '../predict/model.js';
import { withTestTimeAugmentation } from '../predict/test-time.js';
import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import type { BatchMessage, Job, OpenMessage, Outcome, ServedModel } from './protocol.js';

/** Threads of the engine: with one worker per core, a second would wait for the slower half of every operator. */
const threads = 1;

type Answer = (answers: { id: number; outcome: Outcome }[]) => void;

/** The crop of a face, in the network's size. */
interface Crop {
  width: number;
  height: number;
  pixels: Uint8Array;
  /** The grey level of an image that has one alone. */
  level: number | null;
}

/** An image that waits for the network. */
interface Read {
  id: number;
  model: ExpressionModel;
  shown: { crop: Crop } | { cut: CutPicture };
}

export interface BatchTimes {
  /** Of all images together: decoding, and finding faces. */
  decodeSeconds: number;
  computeSeconds: number;
}

/** The models and the detector of a worker, open. */
export class BatchRunner {
  /** By name, then by test-time augmentation. */
  private readonly models = new Map<string, Map<TestTimeKind, ExpressionModel>>();

  private constructor(
    private readonly detector: FaceDetector,
    private readonly limits: Pick<OpenMessage, 'maxPixels' | 'decodeSeconds'>,
  ) {}

  /** @throws FerlabError `model` for a file that isn't one, `device` where the device can't be used. */
  static async open({ models, detector, device, ...limits }: OpenMessage): Promise<BatchRunner> {
    const { model: bytes, ...rest } = detector;
    const finder = await openFaceDetector(bytes, { ...rest, device, threads });
    const runner = new BatchRunner(finder, limits);
    for (const { name, bytes } of models)
      runner.models.set(name, variantsOf(await loadModelFromBytes(bytes, { name, device, threads })));
    return runner;
  }

  get served(): ServedModel[] {
    return [...this.models].map(([name, variants]) => {
      const { classes, inputSize } = variants.get('none')!;
      return { name, classes, input: { ...inputSize }, tta: [...variants.keys()] };
    });
  }

  /**
   * Crops come first and together; then photographs one by one, so that nothing waits for a picture that takes long.
   *
   * @param answer is called with what is done, once or more often; every image gets one outcome.
   */
  async run({ jobs }: BatchMessage, answer: Answer): Promise<BatchTimes> {
    const times = { decodeSeconds: 0, computeSeconds: 0 };
    const small = jobs.filter(({ faces }) => faces === 1);
    const large = jobs.filter(({ faces }) => faces > 1);
    for (const part of [small, ...large.map((one) => [one])]) await this.runPart(part, answer, times);
    return times;
  }

  private async runPart(jobs: BatchMessage['jobs'], answer: Answer, times: BatchTimes): Promise<void> {
    const groups = new Map<ExpressionModel, Read[]>();
    await forEachAtOnce(jobs.length, imagesAtOnce, async (i) => {
      const { id, job } = jobs[i]!;
      const start = performance.now();
      const read = await this.read(id, job);
      times.decodeSeconds += (performance.now() - start) / 1000;
      if ('outcome' in read) answer([read]);
      else if (groups.has(read.model)) groups.get(read.model)!.push(read);
      else groups.set(read.model, [read]);
    });
    for (const [model, images] of groups) {
      const start = performance.now();
      const answers = await ask(model, images);
      times.computeSeconds += (performance.now() - start) / 1000;
      answer(answers);
    }
  }

  private async read(id: number, job: Job): Promise<Read | { id: number; outcome: Outcome }> {
    try {
      if (job.recognise === null) return { id, outcome: await this.find(job) };
      const { model: name, tta } = job.recognise;
      const model = this.models.get(name)!.get(tta)!;
      return { id, model, shown: await this.readFaces(job, model, job.recognise.faces) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { id, outcome: { error: error.reason } };
    }
  }

  private async find({ bytes, minFace, maxFaces }: Job): Promise<Outcome> {
    const found = await findFacesIn(await this.decode(bytes), this.detector, { minFace, maxFaces });
    return { picture: { ...found, faces: found.faces.map(faceJson) } };
  }

  private async readFaces(
    { bytes, minFace, maxFaces }: Job,
    model: ExpressionModel,
    faces: NonNullable<Job['recognise']>['faces'],
  ): Promise<Read['shown']> {
    const { maxPixels, decodeSeconds } = this.limits;
    if (faces === 'crop') return { crop: cropOf(await decodeGray(bytes, maxPixels, decodeSeconds), model) };
    const picture = await this.decode(bytes);
    if (isSearched(picture, faces))
      return { cut: await cutFaces(picture, { detector: this.detector, model }, { minFace, maxFaces }) };
    const { data, width, height } = picture.image;
    return { crop: cropOf(toGray(data, width, height, 3), model) };
  }

  private decode(bytes: Uint8Array): ReturnType<typeof decodePicture> {
    const { maxPixels, decodeSeconds } = this.limits;
    return decodePicture(bytes, { maxPixels, seconds: decodeSeconds });
  }
}

function cropOf(image: GrayImage, { inputSize }: ExpressionModel): Crop {
  const [first] = image.data;
  const level = image.data.every((value) => value === first) ? first! : null;
  const { data: pixels } = resizeGray(image, inputSize.width, inputSize.height);
  return { width: image.width, height: image.height, pixels, level };
}

/** Shows a model all crops, and the faces of all pictures. */
async function ask(
  model: ExpressionModel,
  images: readonly Read[],
): Promise<{ id: number; outcome: Outcome }[]> {
  const crops = images.flatMap(({ shown }) => ('crop' in shown ? [shown.crop] : []));
  const size = model.inputSize.width * model.inputSize.height;
  const pixels = new Float32Array(crops.length * size);
  crops.forEach((crop, i) => {
    pixels.set(crop.pixels, i * size);
  });
  const predictions = await predictPixels(model, pixels);
  const pictures = await answerFaces(
    model,
    images.flatMap(({ shown }) => ('cut' in shown ? [shown.cut] : [])),
  );
  let [nextCrop, nextPicture] = [0, 0];
  return images.map(({ id, shown }) => {
    if ('cut' in shown) {
      const picture = pictureFacesJson(pictures[nextPicture++]!);
      const mayBeCrop =
        picture.faces.length === 0 && Math.max(picture.width, picture.height) <= longestLikelyCropSide;
      const warning = 'found no face. If the picture is a crop of one, have it taken whole (faces=crop)';
      return { id, outcome: { picture: { ...picture, ...(mayBeCrop ? { warning } : {}) } } };
    }
    const { width, height, level } = shown.crop;
    const warning = `expected a face, found an image of one grey level (${level})`;
    const faces = [predictions[nextCrop++]!];
    return { id, outcome: { picture: { width, height, faces, ...(level === null ? {} : { warning }) } } };
  });
}

/** A model with each test-time augmentation that it can be used with. */
function variantsOf(model: ExpressionModel): Map<TestTimeKind, ExpressionModel> {
  const variants = new Map<TestTimeKind, ExpressionModel>();
  for (const kind of testTimeKinds) {
    try {
      variants.set(kind, withTestTimeAugmentation(model, kind));
    } catch (error) {
      if (!(error instanceof FerlabError)) throw error;
    }
  }
  return variants;
}
