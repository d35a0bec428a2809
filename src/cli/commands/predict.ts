// `ferlab predict`: the expressions of face crops.

import { once } from 'node:events';
import { exitCodes, FerlabError } from '../../errors.js';
import { percent } from '../../format/numbers.js';
import type { FilePrediction } from '../../predict-files/predict-files.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  quietOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';
import { modelOptions, readModelOptions, takeModel } from '../model-options.js';
import type { Stream } from '../terminal.js';

/** How predictions are written: what comes before, between and after them. */
interface Writer {
  begin: string;
  entry(prediction: FilePrediction, index: number): string;
  end: string;
}

const csvFlags = '--csv';
const batchFlags = '--batch-size <n>';
const threadsFlags = '--threads <n>';

const jsonWriter: Writer = {
  begin: '[',
  entry: (prediction, index) => `${index > 0 ? ',' : ''}\n${JSON.stringify(prediction)}`,
  end: '\n]\n',
};

async function csvWriter(classes: readonly string[]): Promise<Writer> {
  const { csv } = await import('../../format/csv.js');
  return {
    begin: csv([['file', 'expression', ...classes, 'error']]),
    entry: (prediction) => {
      const fields =
        'error' in prediction
          ? ['', ...classes.map(() => ''), prediction.error]
          : [prediction.expression, ...classes.map((name) => prediction.probabilities[name] ?? ''), ''];
      return csv([[prediction.file, ...fields]]);
    },
    end: '',
  };
}

const textWriter: Writer = {
  begin: '',
  entry: (prediction) => {
    if ('error' in prediction) return '';
    const ranked = prediction.ranking.map(({ label, probability }) => `${label} ${percent(probability)}`);
    return `${prediction.file}: ${ranked.join(', ')}\n`;
  },
  end: '',
};

/** Writes, and waits while the reader is slower. */
async function write(stream: Stream, text: string): Promise<void> {
  if (text && stream.write(text) === false) await once(stream as NodeJS.WriteStream, 'drain');
}

async function chooseWriter(invocation: Invocation, classes: readonly string[]): Promise<Writer> {
  if (flagOption(invocation, jsonOption.flags)) return jsonWriter;
  return flagOption(invocation, csvFlags) ? csvWriter(classes) : textWriter;
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
  const { out, err } = invocation.terminal;
  if (flagOption(invocation, jsonOption.flags) && flagOption(invocation, csvFlags)) {
    throw new FerlabError(
      'usage',
      '--csv: expected one form of output, got --json too. Leave one of them out.',
    );
  }
  const quiet = flagOption(invocation, quietOption.flags);
  const batchSize = integerOption(invocation, batchFlags, 1);
  const threads = integerOption(invocation, threadsFlags, 1);
  const { with: others, tta, device } = readModelOptions(invocation);
  // Imported here so that help and wrong options don't wait for the engine to load.
  const { predictFiles } = await import('../../predict-files/predict-files.js');
  const { bundledModelFile } = await import('../../predict-files/bundled-model.js');
  const { loadEnsemble } = await import('../../predict-files/load-model.js');
  const model = await loadEnsemble([modelFile ?? bundledModelFile(), ...others], { threads, tta, device });
  const writer = await chooseWriter(invocation, model.classes);
  const counts = { predicted: 0, failed: 0 };
  await withInterrupt(
    () => {},
    async (signal) => {
      await write(out, writer.begin);
      for await (const prediction of predictFiles(model, paths, { batchSize }, { signal })) {
        await write(out, writer.entry(prediction, counts.predicted + counts.failed));
        if ('error' in prediction) {
          counts.failed++;
          err.write(`${prediction.file}: ${prediction.error}\n`);
        } else {
          counts.predicted++;
          if (prediction.warning !== undefined && !quiet)
            err.write(`${prediction.file}: ${prediction.warning}\n`);
        }
      }
      await write(out, writer.end);
    },
  ).finally(() => model.close());
  return counts.predicted === 0 && counts.failed > 0 ? exitCodes.data : 0;
}

export const predictCommand: CommandSpec = {
  usage: '[options] [model] <files...>',
  arguments: [
    {
      name: '<files...>',
      description: 'images of faces, of any size, or folders of them; before them the .onnx file of a model',
    },
  ],
  options: [
    {
      flags: csvFlags,
      description: 'print CSV: file, expression, a column of probabilities per class, error',
    },
    ...modelOptions,
    { flags: batchFlags, description: 'images per call of the model', defaultText: '64' },
    { flags: threadsFlags, description: 'threads of the engine', defaultText: 'one per core' },
    {
      ...jsonOption,
      description:
        'print one JSON array of {file, expression, probabilities: {class: share}, ranking: [{label, probability}, ...]} or {file, error}',
    },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab predict face.jpg', 'one image, by the model that comes with ferlab'],
    ['ferlab predict runs/a/best.onnx face.jpg', 'by the model of a run'],
    ['ferlab predict best.onnx faces --json', 'every image below a folder, as JSON'],
    ['ferlab predict best.onnx faces --csv > faces.csv', 'as a table'],
  ],
  run,
};
