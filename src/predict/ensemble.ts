// Several models as one: the mean of their probabilities.

import { show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { type ModelMetadata, modelFormat } from './metadata.js';
import { completeModel, type ExpressionModel, type PixelAnswers } from './model.js';
import { meanRows } from './test-time.js';

function checkSame(
  models: readonly ExpressionModel[],
  nameOf: (i: number) => string,
  what: string,
  show: (model: ExpressionModel) => string,
): void {
  const first = show(models[0]!);
  models.forEach((model, i) => {
    if (show(model) === first) return;
    throw new FerlabError(
      'model',
      `${nameOf(i)}: expected the ${what} of ${nameOf(0)}, ${first}, found ${show(model)}. ` +
        'Combine models that were trained on the same classes and image size.',
    );
  });
}

/**
 * A model whose probabilities are the mean of those of `models`. Its logits are the logarithms of these means, from
 * which a softmax gives them back. Closing it closes them all.
 *
 * @param names of the models in messages, as their files. Default: `model 1` and so on.
 * @throws FerlabError `usage` without models; `model` where classes (also their order) or input sizes differ.
 */
export function openEnsemble<Class extends string>(
  models: readonly ExpressionModel<Class>[],
  names?: readonly string[],
): ExpressionModel<Class> {
  const [first] = Array.isArray(models) ? (models as readonly ExpressionModel<Class>[]) : [];
  if (!first || !models.every((model) => typeof model?.probabilities === 'function')) {
    const found = Array.isArray(models) && models.length === 0 ? 'none' : show(models);
    throw new FerlabError(
      'usage',
      `openEnsemble: expected a list of one or more loaded models, got ${found}.`,
    );
  }
  const nameOf = (i: number) => names?.[i] ?? `model ${i + 1}`;
  if (models.length === 1) return first;
  checkSame(models, nameOf, 'classes', ({ classes }) => classes.join(', '));
  checkSame(models, nameOf, 'input size', ({ inputSize }) => `${inputSize.width}x${inputSize.height}`);
  const answers = async (pixels: Float32Array): Promise<PixelAnswers> => {
    const count = pixels.length / (first.inputSize.width * first.inputSize.height);
    const probabilities = new Float32Array(count * first.classes.length);
    const uncertain: Float32Array[] = [];
    for (const model of models) {
      const given = await model.answers?.(pixels);
      const scores = given?.probabilities ?? (await model.probabilities(pixels));
      for (let i = 0; i < probabilities.length; i++) probabilities[i]! += scores[i]! / models.length;
      if (given?.uncertain) uncertain.push(given.uncertain);
    }
    return {
      logits: probabilities.map((value) => Math.log(value)),
      probabilities,
      uncertain: uncertain.length === 0 ? null : meanRows(uncertain),
    };
  };
  return completeModel({
    classes: first.classes,
    inputSize: first.inputSize,
    metadata: describe(models.map(({ metadata }) => metadata)),
    answers,
    probabilities: async (pixels) => (await answers(pixels)).probabilities,
    logits: async (pixels) => (await answers(pixels)).logits,
    close: async () => {
      await Promise.all(models.map((model) => model.close()));
    },
  });
}

/** The metadata of an ensemble: its members' trainings, and their dataset where they share one. */
function describe(members: readonly ModelMetadata[]): ModelMetadata {
  const [first] = members as [ModelMetadata];
  const oneDataset = members.every(
    ({ dataset }) => JSON.stringify(dataset) === JSON.stringify(first.dataset),
  );
  const names = [...new Set(members.map(({ dataset }) => dataset.name))];
  const all = members.flatMap((member) => member.notes ?? []);
  const notes = [...new Map(all.map((note) => [JSON.stringify(note), note])).values()];
  const rule = members.find((member) => member.uncertain !== undefined)?.uncertain;
  return {
    format: modelFormat,
    version: first.version,
    task: first.task,
    classes: first.classes,
    input: first.input,
    training: { ensemble: members.map(({ training }) => training) },
    dataset: oneDataset ? first.dataset : { name: names.join(', '), counts: {}, fingerprints: {} },
    metrics: {},
    ...(notes.length > 0 ? { notes } : {}),
    ...(first.crop === undefined ? {} : { crop: first.crop }),
    ...(rule === undefined ? {} : { uncertain: rule }),
  };
}
