// Test-time augmentation: a model sees several views of each image, and its logits are averaged before the softmax.
// Views are made outside the model, which stays as it is.

import { checkArgument, loadedModel, show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { softmaxRows } from '../math/softmax.js';
import { completeModel, type ExpressionModel, type PixelAnswers } from './model.js';
import { type CropMargin, type TestTimeKind, testTimeKinds, testTimeViews } from './views.js';

/** The side of the crop that a model was trained on and takes of its input; null where it sees whole images. */
function trainedCrop({ metadata }: Pick<ExpressionModel, 'metadata'>): number | null {
  const { augment } = metadata.training;
  const crop = typeof augment === 'object' && augment !== null && 'crop' in augment ? augment.crop : null;
  return typeof crop === 'number' ? crop : null;
}

/**
 * The margin around the crop that a model takes of its input.
 *
 * @throws FerlabError `usage` where the model was trained on whole images.
 */
function cropMargin(model: ExpressionModel): CropMargin {
  const crop = trainedCrop(model);
  if (crop === null) {
    throw new FerlabError(
      'usage',
      'ten-crop: expected a model that was trained on crops, found one that sees whole images. Use flip instead.',
    );
  }
  return { x: (model.inputSize.width - crop) / 2, y: (model.inputSize.height - crop) / 2 };
}

/** The mean of several lists, place by place. */
export function meanRows(lists: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(lists[0]!.length);
  for (const list of lists) for (let i = 0; i < mean.length; i++) mean[i]! += list[i]! / lists.length;
  return mean;
}

/** Mean of what is answered to several views of the same images. */
export async function meanLogits(
  seen: readonly Float32Array[],
  answer: (pixels: Float32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  const lists: Float32Array[] = [];
  for (const view of seen) lists.push(await answer(view));
  return meanRows(lists);
}

/**
 * A model that answers with the averaged logits of several views. Closing it closes `model`.
 *
 * @throws FerlabError `usage` for `ten-crop` of a model that was trained on whole images, and for what is no model.
 */
export function withTestTimeAugmentation<Class extends string>(
  model: ExpressionModel<Class>,
  kind: TestTimeKind,
): ExpressionModel<Class> {
  checkArgument('withTestTimeAugmentation: model', model, loadedModel);
  if (!testTimeKinds.includes(kind)) {
    throw new FerlabError(
      'usage',
      `test-time augmentation: expected one of ${testTimeKinds.join(', ')}, got ${show(kind)}.`,
    );
  }
  if (kind === 'none') return model;
  const { width, height } = model.inputSize;
  const margin = kind === 'ten-crop' ? cropMargin(model) : { x: 0, y: 0 };
  const views = (pixels: Float32Array) => testTimeViews(pixels, width, height, kind, margin);
  const logits = (pixels: Float32Array): Promise<Float32Array> => meanLogits(views(pixels), model.logits);
  const answers = async (pixels: Float32Array): Promise<PixelAnswers> => {
    const given: PixelAnswers[] = [];
    for (const view of views(pixels)) given.push(await model.answers!(view));
    const mean = meanRows(given.map((answer) => answer.logits));
    const uncertain = given.flatMap((answer) => answer.uncertain ?? []);
    return {
      logits: mean,
      probabilities: softmaxRows(mean, model.classes.length),
      uncertain: uncertain.length === 0 ? null : meanRows(uncertain),
    };
  };
  return completeModel({
    classes: model.classes,
    inputSize: model.inputSize,
    metadata: model.metadata,
    ...(model.answers && { answers }),
    logits,
    probabilities: async (pixels) => softmaxRows(await logits(pixels), model.classes.length),
    close: () => model.close(),
  });
}
