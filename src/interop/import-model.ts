// `importModel` and its check on labelled images: reads a file of another framework, whichever it is.

import { checkArgument, checkOptions, listOf, type OptionRules, path, text } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { evaluateModel } from '../evaluate/evaluate.js';
import type { EvaluateEvent } from '../evaluate/open-split.js';
import { loadModelFromBytes } from '../predict/model.js';
import type { Hooks } from '../progress.js';
import type { Imported } from './import-keras.js';
import { type ForeignModel, openForeign } from './open-foreign.js';
import { parseScaling, type ScalingTexts, scalingOptions, usualScalings } from './scaling.js';

export interface ImportOptions extends ScalingTexts {
  /** Names of the outputs, in their order; a file that ferlab exported says them itself. */
  classes?: readonly string[] | undefined;
  /** Pixels are multiplied by this, as `1/255`; or `image`: every image less its mean, by its standard deviation. */
  scale?: string | undefined;
  /** Then this is subtracted: one number, or three separated by commas. Default: 0. */
  mean?: string | undefined;
  /** Then it is divided by this: one number, or three separated by commas. Default: 1. */
  std?: string | undefined;
  /** Of its images, in pixels; only where the file leaves it open. */
  size?: { width: number; height: number } | undefined;
}

const rules: OptionRules<ImportOptions> = {
  classes: listOf(text),
  scale: text,
  mean: text,
  std: text,
  size: { expected: '{ width, height }', accepts: (value) => typeof value === 'object' && value !== null },
};

/**
 * Makes a model file of another framework's.
 *
 * @throws FerlabError `usage` where the file leaves open what the options don't say; `model` where it can't be taken.
 */
export async function importModelFile(file: string, options: ImportOptions): Promise<Imported> {
  checkArgument('importModel: file', file, path);
  checkOptions('importModel', options, rules);
  const scaling = parseScaling(options);
  const foreign = await openForeign(file, options.size);
  const restored = options.classes === undefined && scaling === null ? foreign.restored() : null;
  return restored ?? foreign.encode(classesOf(file, foreign, options), scaling);
}

function classesOf(file: string, foreign: ForeignModel, { classes }: ImportOptions): readonly string[] {
  const found = classes ?? foreign.classes;
  if (found !== null) return found;
  throw new FerlabError(
    'usage',
    `--classes: expected the names of the outputs of ${file}, in their order; got none.`,
  );
}

/** How well a model does with pixels scaled in one way. */
export interface ScalingScore {
  /** Options that say it; null for the file's own. */
  options: string | null;
  means: string;
  accuracy: number;
  images: number;
}

/**
 * Scores the model on labelled images under the usual scalings, or under its own: the one that it was trained with is
 * the best by far.
 *
 * @param options.classes have to be the dataset's.
 * @throws FerlabError as importModelFile and evaluate.
 */
export async function checkScalings(
  file: string,
  dataset: string,
  options: ImportOptions,
  hooks: Hooks<EvaluateEvent> = {},
): Promise<ScalingScore[]> {
  const foreign = await openForeign(file, options.size);
  const classes = classesOf(file, foreign, options);
  const scalesItself = foreign.scalesItself();
  const given = { scale: options.scale, mean: options.mean, std: options.std };
  const isUsual = usualScalings.some((usual) => scalingOptions(usual.options) === scalingOptions(given));
  const ways = scalesItself
    ? [{ options: {}, means: 'as the file says' }]
    : [
        ...usualScalings,
        ...(isUsual || scalingOptions(given) === '' ? [] : [{ options: given, means: 'as given' }]),
      ];
  const scores: ScalingScore[] = [];
  for (const way of ways) {
    const scaling = parseScaling(way.options);
    const { bytes } = await foreign.encode(classes, scaling);
    await using model = await loadModelFromBytes(bytes, { name: file });
    const { accuracy, n } = await evaluateModel({ model, dataset }, hooks);
    scores.push({
      options: scalesItself ? null : scalingOptions(way.options),
      means: way.means,
      accuracy,
      images: n,
    });
  }
  return scores;
}
