// `ferlab video`: the people in a film and their expressions over time.

import { FerlabError } from '../../errors.js';
import type { FrameChoice } from '../../film/film.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  longFlag,
  quietOption,
  textOption,
} from '../command.js';
import { faceOptions, readFaceOptions } from '../face-options.js';
import { withInterrupt } from '../interrupt.js';
import { modelOptions, readModelOptions, takeModel } from '../model-options.js';

const outFlags = '--out <folder>';
const annotateFlags = '--annotate <file>';
const everyFlags = '--every <amount>';
const startFlags = '--start <time>';
const endFlags = '--end <time>';
const smoothingFlags = '--smoothing <seconds>';
const threadsFlags = '--threads <n>';

/** `12.5` or `1:02:03.5` in seconds; undefined where the option wasn't given. */
function timeOption(invocation: Invocation, flags: string): number | undefined {
  const text = textOption(invocation, flags);
  if (text === undefined) return undefined;
  if (/^(?:\d+:){0,2}\d+(?:\.\d+)?$/.test(text.trim()))
    return text.split(':').reduce((seconds, part) => seconds * 60 + Number(part), 0);
  throw new FerlabError(
    'usage',
    `${longFlag(flags)}: expected seconds or a time as on a clock, as 90.5 or 1:30.5, got ${JSON.stringify(text)}`,
  );
}

function everyOption(invocation: Invocation): FrameChoice['every'] {
  const text = textOption(invocation, everyFlags);
  if (text === undefined) return undefined;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*(s|f|frames?)?$/.exec(text.trim()) ?? [];
  const value = Number(amount);
  if (value > 0 && !unit.startsWith('f')) return { seconds: value };
  if (value > 0 && Number.isSafeInteger(value)) return { frames: value };
  throw new FerlabError(
    'usage',
    `--every: expected seconds above 0, or a number of frames, as 0.5 or 5f, got ${JSON.stringify(text)}`,
  );
}

function smoothingOption(invocation: Invocation): number | undefined {
  const text = textOption(invocation, smoothingFlags);
  if (text === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text.trim())) return Number(text);
  throw new FerlabError('usage', `--smoothing: expected seconds, 0 or more, got ${JSON.stringify(text)}`);
}

async function run(invocation: Invocation): Promise<number> {
  const [words] = invocation.arguments as [string[]];
  const { model: modelFile, rest } = takeModel(invocation, words);
  const [file, second] = rest;
  if (file === undefined || second !== undefined) {
    throw new FerlabError('usage', `expected one film, got ${rest.length}. Try "ferlab video film.mp4".`);
  }
  const out = textOption(invocation, outFlags);
  const annotate = textOption(invocation, annotateFlags);
  const threads = integerOption(invocation, threadsFlags, 1);
  const { detector: detectorFile, detect } = readFaceOptions(invocation);
  const { with: others, tta, device } = readModelOptions(invocation);
  const watching = {
    start: timeOption(invocation, startFlags),
    end: timeOption(invocation, endFlags),
    every: everyOption(invocation),
    smoothing: smoothingOption(invocation),
  };
  // Imported here so that help and wrong options don't wait for the engine to load.
  const { recordVideo } = await import('../../video/record-video.js');
  const { summaryText } = await import('../../video/summary.js');
  const { openFaceDetector } = await import('../../predict-files/open-face-detector.js');
  const { bundledModelFile } = await import('../../predict-files/bundled-model.js');
  const { loadEnsemble } = await import('../../predict-files/load-model.js');
  const { createVideoProgress } = await import('../progress.js');
  const model = await loadEnsemble([modelFile ?? bundledModelFile(), ...others], { threads, tta, device });
  const quiet = flagOption(invocation, quietOption.flags);
  const progress = createVideoProgress(invocation.terminal.err, quiet);
  try {
    await using detector = await openFaceDetector(detectorFile, { threads });
    const { summary, failure } = await withInterrupt(progress.end, (signal) =>
      recordVideo(
        file,
        { detector, model },
        { ...watching, ...detect, out, annotate },
        { signal, onProgress: progress.show },
      ),
    ).finally(progress.end);
    const isJson = flagOption(invocation, jsonOption.flags);
    invocation.terminal.out.write(isJson ? `${JSON.stringify(summary)}\n` : summaryText(summary));
    const written = [out, annotate].filter((path) => path !== undefined);
    if (written.length > 0 && !quiet) invocation.terminal.err.write(`Written: ${written.join(', ')}\n`);
    if (failure !== null) throw failure;
    return 0;
  } finally {
    await model.close();
  }
}

export const videoCommand: CommandSpec = {
  usage: '[options] [model] <file>',
  arguments: [
    {
      name: '<file...>',
      description: 'a film, or an animated GIF or WebP file; before it the .onnx file of a model',
    },
  ],
  options: [
    {
      flags: outFlags,
      description:
        'write faces.csv and faces.jsonl (a row for each person and frame), summary.json, summary.txt and timelines into this folder, new or empty',
    },
    {
      flags: annotateFlags,
      description:
        'write a copy of the film with boxes and labels, and its sound: a new .mp4, .mov or .mkv file',
    },
    {
      flags: everyFlags,
      description: 'look at one frame in so many seconds, as 0.5, or at one of so many frames, as 5f',
      defaultText: 'every frame',
    },
    { flags: startFlags, description: 'begin here, in seconds or as 1:30', defaultText: 'the beginning' },
    { flags: endFlags, description: 'stop here, in seconds or as 1:30', defaultText: 'the end' },
    {
      flags: smoothingFlags,
      description: 'time constant over which probabilities are smoothed for each person; 0 smooths nothing',
      defaultText: '0.5',
    },
    ...faceOptions,
    ...modelOptions,
    { flags: threadsFlags, description: 'threads of the engine', defaultText: 'one per core' },
    { ...jsonOption, description: 'print the summary as JSON on standard output' },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab video film.mp4', 'who is seen, for how long, with which expressions'],
    ['ferlab video film.mp4 --out film', 'with rows for every frame, and timelines'],
    ['ferlab video film.mp4 --annotate marked.mp4', 'a copy with boxes and labels'],
    ['ferlab video film.mp4 --every 0.5 --start 1:00 --end 2:30', 'two frames a second of a part'],
  ],
  run,
};
