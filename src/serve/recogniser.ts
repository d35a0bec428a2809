// What a worker process does with a batch: decodes, and asks the network about all faces that go together in one call.

import { decodeGray } from '../decode/decode.js';
import { DecodeError } from '../decode/decode-error.js';
import { FerlabError } from '../errors.js';
import { resizeGray } from '../image/resize.js';
import { forEachAtOnce, imagesAtOnce } from '../predict/at-once.js';
import { type ExpressionModel, loadModelFromBytes, toPredictions } from '../predict/model.js';
import { withTestTimeAugmentation } from '../predict/test-time.js';
import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import type { BatchMessage, Job, OpenMessage, Outcome, ServedModel } from './protocol.js';

/** One thread of the engine each: with one worker per core, a second would wait for the slower half of every operator. */
const threadsPerWorker = 1;

/** What an image was decoded to, in the network's size. */
interface ReadFace {
  id: number;
  job: Job;
  width: number;
  height: number;
  pixels: Uint8Array;
  /** The grey level of an image that has one alone. */
  level: number | null;
}

export interface BatchTimes {
  /** Of all images together. */
  decodeSeconds: number;
  computeSeconds: number;
}

/** The models of a worker, open. */
export class Recogniser {
  /** By name, then by test-time augmentation. */
  private readonly models = new Map<string, Map<TestTimeKind, ExpressionModel>>();

  private constructor(private readonly limits: Pick<OpenMessage, 'maxPixels' | 'decodeSeconds'>) {}

  /** @throws FerlabError `model` for a file that isn't one, `device` where the device can't be used. */
  static async open({ models, device, ...limits }: OpenMessage): Promise<Recogniser> {
    const recogniser = new Recogniser(limits);
    for (const { name, bytes } of models) {
      const model = await loadModelFromBytes(bytes, { name, device, threads: threadsPerWorker });
      recogniser.models.set(name, variantsOf(model));
    }
    return recogniser;
  }

  get served(): ServedModel[] {
    return [...this.models].map(([name, variants]) => {
      const { classes, inputSize } = variants.get('none')!;
      return { name, classes, input: { ...inputSize }, tta: [...variants.keys()] };
    });
  }

  /**
   * @param answer is called with what is done, once or more often; every image gets one outcome.
   */
  async run(
    { jobs }: BatchMessage,
    answer: (answers: { id: number; outcome: Outcome }[]) => void,
  ): Promise<BatchTimes> {
    let decodeSeconds = 0;
    let computeSeconds = 0;
    const groups = new Map<ExpressionModel, ReadFace[]>();
    await forEachAtOnce(jobs.length, imagesAtOnce, async (i) => {
      const { id, job } = jobs[i]!;
      const model = this.models.get(job.model)!.get(job.tta)!;
      const start = performance.now();
      const read = await this.read(id, job, model);
      decodeSeconds += (performance.now() - start) / 1000;
      if ('error' in read) answer([{ id, outcome: { error: read.error } }]);
      else if (groups.has(model)) groups.get(model)!.push(read);
      else groups.set(model, [read]);
    });
    for (const [model, faces] of groups) {
      const start = performance.now();
      const { width, height } = model.inputSize;
      const pixels = new Float32Array(faces.length * width * height);
      faces.forEach((face, i) => {
        pixels.set(face.pixels, i * width * height);
      });
      const predictions = toPredictions(model.classes, await model.probabilities(pixels));
      computeSeconds += (performance.now() - start) / 1000;
      answer(faces.map((face, i) => ({ id: face.id, outcome: outcomeOf(face, predictions[i]!) })));
    }
    return { decodeSeconds, computeSeconds };
  }

  private async read(id: number, job: Job, model: ExpressionModel): Promise<ReadFace | { error: string }> {
    try {
      const image = await decodeGray(job.bytes, this.limits.maxPixels, this.limits.decodeSeconds);
      const [first] = image.data;
      const level = image.data.every((value) => value === first) ? first! : null;
      const { data: pixels } = resizeGray(image, model.inputSize.width, model.inputSize.height);
      return { id, job, width: image.width, height: image.height, pixels, level };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { error: error.reason };
    }
  }
}

function outcomeOf(
  { width, height, level }: ReadFace,
  prediction: ReturnType<typeof toPredictions>[number],
): Outcome {
  const warning = `expected a face, found an image of one grey level (${level})`;
  return { picture: { width, height, faces: [prediction], ...(level === null ? {} : { warning }) } };
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
