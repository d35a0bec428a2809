// Teachers for distillation: model files that answer with logits. They look at each batch as the network in training sees
// it, augmentation, crop and mixup included ("function matching": Beyer et al. 2022, "Knowledge distillation: A good
// teacher is patient and consistent"), or once at every training image (teacher-answers.ts).

import { FerlabError } from '../../errors.js';
import { type ExpressionModel, type LoadOptions, loadModelFromBytes } from '../../predict/model.js';
import type { ModelNote } from '../../predict/notes.js';
import { trainedCrop } from '../../predict/test-time.js';
import type { TrainConfig } from '../config/config.js';
import {
  inheritedNotes,
  isSameTrainingSet,
  type ModelReference,
  readReferencedModel,
  referenceName,
  type TrainingSet,
} from './model-reference.js';

export interface Teachers {
  /** For fingerprints, the model file and notes. */
  readonly identities: readonly ModelReference[];
  /** Mean logits of the teachers, [n, classes], for pixels [n, 1, height, width] as the network in training gets them. */
  logits(pixels: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

interface Size {
  width: number;
  height: number;
}

const show = ({ width, height }: Size): string => `${width}x${height}`;

/**
 * How views of a size become a teacher's input: as they are, or in the middle of a larger image, where a teacher that was
 * trained on crops of that size cuts them out again.
 */
function inputFor(
  model: Pick<ExpressionModel, 'inputSize' | 'metadata'>,
  view: Size,
  file: string,
): (pixels: Float32Array) => Float32Array {
  const { inputSize } = model;
  if (inputSize.width === view.width && inputSize.height === view.height) return (pixels) => pixels;
  const crop = trainedCrop(model);
  if (crop === view.width && crop === view.height) return (pixels) => framed(pixels, view, inputSize);
  const sees =
    crop === null
      ? `one that takes whole images of ${show(inputSize)}`
      : `one that takes ${show(inputSize)} and sees its centre, ${crop}x${crop}`;
  throw new FerlabError(
    'model',
    `${file}: expected a teacher for the ${show(view)} pixels that the network is trained on, found ${sees}. ` +
      'Give a teacher of that size, or train with the --image-size and --crop that this one was trained with.',
  );
}

/** Views in the middle of black images; margins are whole, since a crop leaves the same on both sides. */
function framed(pixels: Float32Array, view: Size, frame: Size): Float32Array {
  const area = view.width * view.height;
  const count = pixels.length / area;
  const result = new Float32Array(count * frame.width * frame.height);
  const left = (frame.width - view.width) >> 1;
  const top = (frame.height - view.height) >> 1;
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < view.height; y++) {
      const from = i * area + y * view.width;
      const to = (i * frame.height + top + y) * frame.width + left;
      result.set(pixels.subarray(from, from + view.width), to);
    }
  }
  return result;
}

function checkClasses(model: ExpressionModel, classes: readonly string[], file: string): void {
  if (model.classes.join('\0') === classes.join('\0')) return;
  throw new FerlabError(
    'model',
    `${file}: expected a teacher for the dataset's classes, ${classes.join(', ')}, found ${model.classes.join(', ')}. ` +
      'Give a model that was trained on these classes.',
  );
}

/**
 * Opens teachers.
 *
 * @param files at least one, each a model file or `box` for the model that comes with ferlab.
 * @param view size of the images that the network is trained on, after cropping.
 * @throws FerlabError `model` where a file is missing or no model, has other classes, or can't see images of that size.
 */
export async function openTeachers(
  files: readonly string[],
  view: Size,
  classes: readonly string[],
  options: LoadOptions,
): Promise<Teachers> {
  const models: ExpressionModel[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(models.map((model) => model.close()));
  };
  const identities: ModelReference[] = [];
  const inputs: ((pixels: Float32Array) => Float32Array)[] = [];
  try {
    for (const given of files) {
      const { path: file, bytes, fingerprint } = await readReferencedModel(given);
      const model = await loadModelFromBytes(bytes, { ...options, name: file });
      models.push(model);
      checkClasses(model, classes, file);
      inputs.push(inputFor(model, view, file));
      identities.push({ file: given, fingerprint, metadata: model.metadata });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const size = view.width * view.height;
  return {
    identities,
    async logits(pixels) {
      const mean = new Float32Array((pixels.length / size) * classes.length);
      for (const [i, model] of models.entries()) {
        const scores = await model.logits(inputs[i]!(pixels));
        for (let j = 0; j < mean.length; j++) mean[j]! += scores[j]! / models.length;
      }
      return mean;
    },
    close,
  };
}

/** Notes for a network with these teachers: their names, and what they learnt from. */
export function teacherNotes(
  identities: readonly ModelReference[],
  { weight, temperature, views }: Omit<TrainConfig['distillation'], 'teachers'>,
  trained: TrainingSet,
): ModelNote[] {
  const names = identities.map(referenceName);
  const others = identities.filter((teacher) => !isSameTrainingSet(teacher, trained));
  const text =
    `Distilled from ${names.join(', ')}: weight ${weight}, temperature ${temperature}` +
    `${views === 'image' ? '; asked once about every training image' : ''}.`;
  return [
    { of: null, text },
    ...others.map((teacher) => ({
      of: referenceName(teacher),
      text:
        `Trained on other images or labels (${teacher.metadata.dataset.name}): scores on images that it was trained ` +
        "on don't measure how it does on new faces.",
    })),
    ...identities.flatMap(inheritedNotes),
  ];
}
