// `ferlab predict`: the expressions of the faces in photographs, and of face crops.

import { once } from 'node:events';
import type { PredictionFolders } from '../../annotate/prediction-folders.js';
import { exitCodes, FerlabError } from '../../errors.js';
import { type FacesChoice, facesChoices } from '../../faces/faces-choice.js';
import { visible } from '../../format/visible.js';
import type { ExpressionModel } from '../../predict/model.js';
import type { FilePrediction, PredictedPicture } from '../../predict-files/predict-files.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  longFlag,
  quietOption,
  textOption,
} from '../command.js';
import { type FaceChoice, faceOptions, givenFaceOption, readFaceOptions } from '../face-options.js';
import { withInterrupt } from '../interrupt.js';
import { modelOptions, readModelOptions, takeModel } from '../model-options.js';
import { csvWriter, jsonWriter, type PredictionWriter, textWriter } from '../prediction-output.js';
import type { Stream } from '../terminal.js';

const csvFlags = '--csv';
const batchFlags = '--batch-size <n>';
const threadsFlags = '--threads <n>';
const facesFlags = '--faces <choice>';
const outFlags = '--out <folder>';
const cropsFlags = '--crops <folder>';
const serverFlags = '--server <url>';

/** Writes, and waits while the reader is slower. */
async function write(stream: Stream, text: string): Promise<void> {
  if (text && stream.write(text) === false) await once(stream as NodeJS.WriteStream, 'drain');
}

async function chooseWriter(
  invocation: Invocation,
  classes: readonly string[],
  faces: FacesChoice | undefined,
): Promise<PredictionWriter> {
  if (flagOption(invocation, jsonOption.flags)) return jsonWriter;
  return flagOption(invocation, csvFlags) ? csvWriter(classes, faces === 'crop') : textWriter;
}

/** What the options about faces say. @throws FerlabError `usage` where they contradict each other. */
function readFaces(invocation: Invocation): FaceChoice & { faces: FacesChoice | undefined } {
  const faces = choiceOption(invocation, facesFlags, facesChoices);
  const given = givenFaceOption(invocation);
  if (faces === 'crop' && given !== null) {
    throw new FerlabError(
      'usage',
      `${given}: expected pictures that are searched for faces, got --faces crop. Leave one of them out.`,
    );
  }
  return { faces, ...readFaceOptions(invocation) };
}

interface Counts {
  predicted: number;
  failed: number;
}

/** Prints predictions as they come. */
async function print(
  invocation: Invocation,
  writer: PredictionWriter,
  pictures: AsyncIterable<PredictedPicture>,
  folders: PredictionFolders | null = null,
): Promise<Counts> {
  const { out, err } = invocation.terminal;
  const quiet = flagOption(invocation, quietOption.flags);
  const counts = { predicted: 0, failed: 0 };
  await write(out, writer.begin);
  try {
    for await (const picture of pictures) {
      const { prediction } = picture;
      await write(out, writer.entry(prediction, counts.predicted + counts.failed));
      if ('error' in prediction) {
        counts.failed++;
        err.write(`${visible(`${prediction.file}: ${prediction.error}`)}\n`);
        continue;
      }
      counts.predicted++;
      if (prediction.warning !== undefined && !quiet)
        err.write(`${visible(`${prediction.file}: ${prediction.warning}`)}\n`);
      await folders?.write(picture);
    }
  } finally {
    await write(out, writer.rest()); // also of what was stopped
  }
  await write(out, writer.end);
  return counts;
}

async function run(invocation: Invocation): Promise<number> {
  const [words] = invocation.arguments as [string[]];
  const { model: modelFile, rest: paths } = takeModel(invocation, words);
  if (paths.length === 0) {
    throw new FerlabError(
      'usage',
      `expected images after the model ${modelFile}, got none. Try "ferlab predict ${modelFile} face.jpg".`,
    );
  }
  if (flagOption(invocation, jsonOption.flags) && flagOption(invocation, csvFlags)) {
    throw new FerlabError(
      'usage',
      '--csv: expected one form of output, got --json too. Leave one of them out.',
    );
  }
  const url = textOption(invocation, serverFlags);
  const { predicted, failed } = await (url === undefined
    ? predictHere(invocation, modelFile, paths)
    : askServer(invocation, url, modelFile, paths));
  return predicted === 0 && failed > 0 ? exitCodes.data : 0;
}

/** Options that a service decides by its own settings, or that need the model here. */
const notForServers = [batchFlags, threadsFlags, outFlags, cropsFlags];

async function askServer(
  invocation: Invocation,
  url: string,
  model: string | undefined,
  paths: readonly string[],
): Promise<Counts> {
  const { detect, faces, detector } = readFaces(invocation);
  const { with: others, tta, device } = readModelOptions(invocation);
  const given = [
    ...notForServers.filter((flags) => textOption(invocation, flags) !== undefined).map(longFlag),
    ...(others.length > 0 ? ['--with'] : []),
    ...(device === undefined ? [] : ['--device']),
    ...(detector === undefined ? [] : ['--detector']),
    ...(detect.threshold === undefined ? [] : ['--threshold']),
    ...(detect.rotations === undefined ? [] : ['--rotations']),
  ];
  if (given[0] !== undefined) {
    throw new FerlabError(
      'usage',
      `${given[0]}: expected options that a service takes, got --server too. Leave one of them out.`,
    );
  }
  // Imported here so that help and wrong options don't wait for it, and alone: no engine is loaded.
  const { classesOnServer, predictOnServer } = await import('../../serve/client.js');
  const token = process.env.FERLAB_SERVE_TOKEN;
  const { minFace, maxFaces } = detect;
  const question = { url, token, model, tta, faces, minFace, maxFaces };
  const writer = await chooseWriter(invocation, await classesOnServer(question), faces);
  return withInterrupt(
    () => {},
    (signal) => print(invocation, writer, withoutPixels(predictOnServer(paths, question, signal))),
  );
}

async function* withoutPixels(predictions: AsyncIterable<FilePrediction>): AsyncGenerator<PredictedPicture> {
  for await (const prediction of predictions) yield { prediction, image: null };
}

async function predictHere(
  invocation: Invocation,
  modelFile: string | undefined,
  paths: readonly string[],
): Promise<Counts> {
  const batchSize = integerOption(invocation, batchFlags, 1);
  const threads = integerOption(invocation, threadsFlags, 1);
  const { detect, ...search } = readFaces(invocation);
  const { with: others, tta, device } = readModelOptions(invocation);
  // Imported here so that help and wrong options don't wait for the engine to load.
  const { predictPictures } = await import('../../predict-files/predict-files.js');
  const { bundledModelFile } = await import('../../predict-files/bundled-model.js');
  const { loadEnsemble } = await import('../../predict-files/load-model.js');
  const model = await loadEnsemble([modelFile ?? bundledModelFile(), ...others], { threads, tta, device });
  let folders: PredictionFolders | null = null;
  try {
    folders = await openFolders(invocation, model, paths);
    const writer = await chooseWriter(invocation, model.classes, search.faces);
    const options = { batchSize, ...search, ...detect };
    return await withInterrupt(
      () => {},
      (signal) => {
        const pictures = predictPictures(model, paths, options, { signal }, folders !== null);
        return print(invocation, writer, pictures, folders);
      },
    );
  } finally {
    await folders?.close();
    await model.close();
  }
}

/** The folders that `--out` and `--crops` name; null where neither was given. */
async function openFolders(
  invocation: Invocation,
  model: ExpressionModel,
  paths: readonly string[],
): Promise<PredictionFolders | null> {
  const annotated = textOption(invocation, outFlags);
  const crops = textOption(invocation, cropsFlags);
  if (annotated === undefined && crops === undefined) return null;
  const { PredictionFolders } = await import('../../annotate/prediction-folders.js');
  return PredictionFolders.open({ annotated, crops }, model.metadata, paths);
}

export const predictCommand: CommandSpec = {
  usage: '[options] [model] <files...>',
  arguments: [
    {
      name: '<files...>',
      description: 'photographs, crops of faces, or folders of them; before them the .onnx file of a model',
    },
  ],
  options: [
    {
      flags: csvFlags,
      description:
        'print CSV: file, expression, a column of probabilities per class, error, uncertain; then face, x, y, width, height, score, roll, side, reason',
    },
    {
      flags: facesFlags,
      description:
        'auto: take pictures of at most 128 pixels whole and look for faces in the others; find: look in all; crop: take all whole',
      defaultText: 'auto',
    },
    ...faceOptions,
    { flags: outFlags, description: 'write copies with boxes and labels into this folder, new or empty' },
    {
      flags: cropsFlags,
      description: 'write the faces, cut out as the model sees them, as PNG into this folder, new or empty',
    },
    ...modelOptions,
    {
      flags: serverFlags,
      description:
        'ask a running "ferlab serve" at this address; --model is then the name of one of its models, and FERLAB_SERVE_TOKEN the token',
    },
    { flags: batchFlags, description: 'images per call of the model', defaultText: '64' },
    { flags: threadsFlags, description: 'threads of the engine', defaultText: 'one per core' },
    {
      ...jsonOption,
      description:
        'print one JSON array of {file, width, height, faces: [{box: [x, y, width, height], score, points, roll, side, expression, probabilities, ranking} or {..., reason}]}; of {file, expression, probabilities: {class: share}, ranking: [{label, probability}, ...]} for crops; or {file, error}',
    },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab predict party.jpg', 'every face, by the model that comes with ferlab'],
    ['ferlab predict photos --out marked', 'copies with boxes and labels beside the answers'],
    ['ferlab predict runs/a/best.onnx face.jpg', 'by the model of a run'],
    ['ferlab predict best.onnx faces --json', 'every image below a folder, as JSON'],
    ['ferlab predict best.onnx faces --csv > faces.csv', 'as a table'],
    [
      'ferlab predict --server http://127.0.0.1:8080 face.jpg',
      'by a service that runs, which has its model open',
    ],
  ],
  run,
};
