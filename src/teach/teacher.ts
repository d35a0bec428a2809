/// <reference lib="esnext.disposable" preserve="true" />
// Teaches: pictures to features, features to a layer, the layer to a model file.

import { forEachAtOnce, imagesAtOnce } from '../at-once.js';
import { checkArgument, checkHooks, listOf, section } from '../check-options.js';
import type { SessionOptions } from '../engine/runtime/session.js';
import { FerlabError } from '../errors.js';
import type { GrayImage } from '../image/gray.js';
import { resizeGray } from '../image/resize.js';
import { softmaxRows } from '../math/softmax.js';
import { readImage } from '../predict/image-input.js';
import type { LoadOptions } from '../predict/model.js';
import { withTemperature } from '../predict/rewrite.js';
import type { Hooks } from '../progress.js';
import { scorePredictions } from '../scores/metrics.js';
import { calibrationEffect, fitTemperature } from '../scores/temperature.js';
import type { EvaluationResult } from '../scores/types.js';
import { checkLesson, fewestPictures } from './check-lesson.js';
import { FeatureBasis } from './feature-basis.js';
import { findCopies } from './find-copies.js';
import { holdBack, type Split } from './hold-back.js';
import { encodeTaught, fingerprintOf, type Parent, sha256 } from './taught-file.js';
import { recipe, trainHead } from './train-head.js';
import { openTrunk, type Trunk } from './trunk.js';
import type { Lesson, TaughtModel, TeachEvent, Teacher, TeachingSample } from './types.js';
import { trainingViews, ViewFeatures } from './view-features.js';
import { describeWarnings } from './warnings.js';

/** Held-back samples that a temperature is fitted on at least. */
const fewestToCalibrate = 20;

export async function createTeacher(
  bytes: Uint8Array,
  { name = 'the model', threads, device }: LoadOptions & { name?: string | undefined },
): Promise<Teacher> {
  const session: SessionOptions = {
    quiet: true,
    ...(threads === undefined ? {} : { threads }),
    ...(device === undefined ? {} : { device }),
  };
  const fingerprint = await sha256(bytes);
  const trunk = await openTrunk(bytes, name, session);
  const parent: Parent = { name, fingerprint, metadata: trunk.metadata };
  const features = new ViewFeatures(trunk);
  let running: Promise<unknown> | null = null;
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= Promise.allSettled([running]).then(() => trunk.close());
    return closing;
  };
  const { width, height } = trunk.metadata.input;
  return {
    inputSize: { width, height },
    async teach(lesson, hooks = {}) {
      checkHooks('teach', hooks);
      if (closing !== null || running !== null) {
        throw new FerlabError(
          'usage',
          `teach: expected an open teacher without another lesson, found one ${closing ? 'that was closed' : 'that is teaching'}.`,
        );
      }
      const work = teachLesson(lesson, { trunk, features, parent, session }, hooks);
      running = work;
      try {
        return await work;
      } finally {
        running = null;
      }
    },
    async findCopies(samples, hooks = {}) {
      checkHooks('findCopies', hooks);
      checkArgument('findCopies: samples', samples, listOf(section));
      const names = [...new Set(samples.map(({ label }) => label))];
      const labels = samples.map(({ label }) => names.indexOf(label));
      const pictures = await readPictures(samples, { width, height }, 'findCopies', hooks);
      return findCopies(pictures, labels, takesOf(samples), pauseFor(hooks));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Means {
  trunk: Trunk;
  features: ViewFeatures;
  parent: Parent;
  session: SessionOptions;
}

const takesOf = (samples: readonly TeachingSample[]) => samples.map(({ take }) => take);

async function teachLesson(lesson: Lesson, means: Means, hooks: Hooks<TeachEvent>): Promise<TaughtModel> {
  const labels = checkLesson(lesson);
  const { classes, samples, name = 'own samples', seed = 0 } = lesson;
  const { parent } = means;
  const pictures = await readPictures(samples, parent.metadata.input, 'teach', hooks);
  const copies = await findCopies(pictures, labels, takesOf(samples), pauseFor(hooks));
  const split = holdBack({ classes, labels, takes: takesOf(samples), copies, fewest: fewestPictures });
  const trained = await trainOn({ pictures, labels, split, classes, seed }, means, hooks);
  const { weights, logits, last } = trained;
  const answers = describeAnswers(logits, labels, split, classes);
  const fingerprints = {
    train: await fingerprintOf(pictures, labels, split.training),
    validation: await fingerprintOf(pictures, labels, split.heldBack),
  };
  const metrics = {
    epoch: recipe.epochs,
    loss: last.loss,
    accuracy: last.accuracy,
    val_loss: last.heldBackLoss,
    val_accuracy: last.heldBackAccuracy,
  };
  const content = { parent, name, classes, seed, labels, split, fingerprints, metrics };
  const plain = encodeTaught(means.trunk.withLayer(weights), content);
  const { temperature, effect } = answers;
  const calibration = effect && {
    temperature: temperature!,
    dataset: name,
    split: 'validation',
    n: split.heldBack.length,
    fingerprint: fingerprints.validation,
    ...effect,
  };
  return {
    bytes: calibration ? withTemperature(plain, name, calibration) : plain,
    classes: [...classes],
    evaluation: answers.evaluation,
    heldBack: answers.heldBack,
    temperature,
    copies,
    warnings: describeWarnings({ classes, labels, takes: takesOf(samples), copies, split }),
  };
}

interface TrainingInput {
  pictures: readonly GrayImage[];
  labels: Int32Array;
  split: Split;
  classes: readonly string[];
  seed: number;
}

/** Trains the layer; gives it for features as they are, and its logits of what was held back. */
async function trainOn(
  { pictures, labels, split, classes, seed }: TrainingInput,
  { trunk, features, session }: Means,
  hooks: Hooks<TeachEvent>,
) {
  const training = split.training.flatMap((i) =>
    Array.from({ length: trainingViews }, (_, view) => ({ picture: pictures[i]!, view })),
  );
  const heldBack = split.heldBack.map((i) => ({ picture: pictures[i]!, view: 0 }));
  const pause = pauseFor(hooks);
  const all = await features.compute([...training, ...heldBack], async (done, total) => {
    if (total > 0) hooks.onProgress?.({ type: 'features', done, total });
    await pause();
  });
  const border = training.length * trunk.size;
  const basis = FeatureBasis.fit(all.subarray(0, border), trunk.size, trunk.cells);
  const rows = basis.apply(all);
  const expected = Int32Array.from(split.heldBack, (i) => labels[i]!);
  let last = { loss: 0, accuracy: 0, heldBackLoss: 0, heldBackAccuracy: 0 };
  const { weights, logits } = await trainHead(
    {
      features: rows.subarray(0, border),
      labels: Int32Array.from(
        training.keys(),
        (i) => labels[split.training[Math.floor(i / trainingViews)]!]!,
      ),
    },
    rows.slice(border),
    {
      classes: classes.length,
      seed,
      session,
      pause,
      onEpoch: ({ epoch, loss, accuracy, logits: answers }) => {
        const scored = score(softmaxRows(answers, classes.length), expected, classes);
        last = { loss, accuracy, heldBackLoss: scored.loss, heldBackAccuracy: scored.accuracy };
        hooks.onProgress?.({ type: 'epoch', epoch, epochs: recipe.epochs, ...last });
      },
    },
  );
  return { weights: basis.fold(weights), logits, last };
}

function score(
  probabilities: Float32Array,
  labels: Int32Array,
  classes: readonly string[],
): EvaluationResult {
  const files = Array.from(labels, (_, i) => `sample ${i + 1}`);
  return scorePredictions({ probabilities, labels, files, classes, mistakes: 0 });
}

/** Calibrates and scores what was held back. A temperature that doesn't help the half it wasn't fitted on isn't taken. */
function describeAnswers(logits: Float32Array, labels: Int32Array, split: Split, classes: readonly string[]) {
  const expected = Int32Array.from(split.heldBack, (i) => labels[i]!);
  const data = { logits, labels: expected, classes: classes.length };
  const fitted = split.heldBack.length >= fewestToCalibrate ? fitTemperature(data) : null;
  const temperature = fitted === null ? null : Number(fitted.toFixed(4));
  const change = temperature === null ? null : calibrationEffect(data, temperature);
  const taken = change !== null && change.loss.crossFitted <= change.loss.before;
  const probabilities = softmaxRows(logits, classes.length, taken ? temperature! : 1);
  const metadataOf = ({ crossFitted, ...rest }: { before: number; after: number; crossFitted: number }) => ({
    ...rest,
    cross_fitted: crossFitted,
  });
  return {
    temperature: taken ? temperature : null,
    effect: taken ? { ece: metadataOf(change.ece), loss: metadataOf(change.loss) } : null,
    evaluation: score(probabilities, expected, classes),
    heldBack: split.heldBack.map((sample, i) => ({
      sample,
      probabilities: [...probabilities.subarray(i * classes.length, (i + 1) * classes.length)],
    })),
  };
}

async function readPictures(
  samples: readonly TeachingSample[],
  { width, height }: { width: number; height: number },
  where: string,
  hooks: Hooks<never> | Hooks<TeachEvent>,
): Promise<GrayImage[]> {
  const pictures = new Array<GrayImage>(samples.length);
  await forEachAtOnce(samples.length, imagesAtOnce, async (i) => {
    throwIfStopped(hooks);
    pictures[i] = resizeGray(await readImage(samples[i]!.image, `${where}: samples[${i}]`), width, height);
  });
  return pictures;
}

/** Lets other work of the thread run now and then, such as a message that says stop. */
const pauseFor = (hooks: { signal?: AbortSignal | undefined }) => async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 0));
  throwIfStopped(hooks);
};

function throwIfStopped({ signal }: { signal?: AbortSignal | undefined }): void {
  if (signal?.aborted)
    throw new FerlabError('interrupted', 'Stopped before the model was taught; the samples stay.');
}
