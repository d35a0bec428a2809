// Teachers for distillation: model files that answer with logits. They look at each batch as the network in training sees
// it, augmentation, crop and mixup included ("function matching": Beyer et al. 2022, "Knowledge distillation: A good
// teacher is patient and consistent"), or once at every training image (teacher-answers.ts).

import { FerlabError } from '../../errors.js';
import { type ExpressionModel, type LoadOptions, loadModelFromBytes } from '../../predict/model.js';
import type { ModelNote } from '../../predict/notes.js';
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
  /** Mean logits of the teachers, [n, classes], for whole images, [n, 1, height, width]. */
  logits(pixels: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

interface Size {
  width: number;
  height: number;
}

const show = ({ width, height }: Size): string => `${width}x${height}`;

/** Refuses a teacher that takes images of another size than those of the dataset. */
function checkSize({ inputSize }: Pick<ExpressionModel, 'inputSize'>, size: Size, file: string): void {
  if (inputSize.width === size.width && inputSize.height === size.height) return;
  throw new FerlabError(
    'model',
    `${file}: expected a teacher for images of ${show(size)} pixels, found one for ${show(inputSize)}. ` +
      'Give a teacher of that size, or train with the --image-size that this one was trained with.',
  );
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
 * @param size of the dataset's images, before any crop.
 * @throws FerlabError `model` where a file is missing or no model, has other classes, or takes images of another size.
 */
export async function openTeachers(
  files: readonly string[],
  size: Size,
  classes: readonly string[],
  options: LoadOptions,
): Promise<Teachers> {
  const models: ExpressionModel[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(models.map((model) => model.close()));
  };
  const identities: ModelReference[] = [];
  try {
    for (const given of files) {
      const { path: file, bytes, fingerprint } = await readReferencedModel(given);
      const model = await loadModelFromBytes(bytes, { ...options, name: file });
      models.push(model);
      checkClasses(model, classes, file);
      checkSize(model, size, file);
      identities.push({ file: given, fingerprint, metadata: model.metadata });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const area = size.width * size.height;
  return {
    identities,
    async logits(pixels) {
      const mean = new Float32Array((pixels.length / area) * classes.length);
      for (const model of models) {
        const scores = await model.logits(pixels);
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
  { weight, temperature }: Omit<NonNullable<TrainConfig['distillation']>, 'teachers'>,
  trained: TrainingSet,
): ModelNote[] {
  const names = identities.map(referenceName);
  const others = identities.filter((teacher) => !isSameTrainingSet(teacher, trained));
  const text =
    `Distilled from ${names.join(', ')}: weight ${weight}, temperature ${temperature}; ` +
    'asked once about every training image.';
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
