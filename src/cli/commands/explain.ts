// `ferlab explain`: where a model looks, as pictures with maps.

import { exitCodes, FerlabError } from '../../errors.js';
import { explainMethods } from '../../explain/methods.js';
import type { FileExplanation } from '../../explain-files/explain-files.js';
import { facesChoices } from '../../faces/faces-choice.js';
import { percent } from '../../format/numbers.js';
import { visible } from '../../format/visible.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  flagOption,
  type Invocation,
  jsonOption,
  quietOption,
  textOption,
} from '../command.js';
import { faceOptions, readFaceOptions } from '../face-options.js';
import { withInterrupt } from '../interrupt.js';
import { modelFileOption, takeModel } from '../model-options.js';

const outFlags = '--out <folder>';
const methodFlags = '--method <name>';
const expressionFlags = '--expression <class>';
const facesFlags = '--faces <choice>';

/** Side of a face in the pictures, in pixels. */
const shownSize = 336;

async function run(invocation: Invocation): Promise<number> {
  const { model, rest: paths } = takeModel(invocation, invocation.arguments[0] as string[]);
  const json = flagOption(invocation, jsonOption.flags);
  const out = textOption(invocation, outFlags);
  if (paths.length === 0) {
    throw new FerlabError(
      'usage',
      'expected images after the model, got none. Try "ferlab explain face.jpg --out maps".',
    );
  }
  if (out === undefined && !json) {
    throw new FerlabError(
      'usage',
      'expected a folder for the pictures, got none. Give --out FOLDER, or --json for the numbers.',
    );
  }
  const { detect, detector } = readFaceOptions(invocation);
  const options = {
    ...detect,
    detector,
    faces: choiceOption(invocation, facesFlags, facesChoices),
    method: choiceOption(invocation, methodFlags, explainMethods),
    expression: textOption(invocation, expressionFlags),
  };
  const { explainFiles, openExplainerFile } = await import('../../explain-files/explain-files.js');
  const { explanationPicture } = await import('../../explain-files/explanation-picture.js');
  const { nameFor, PictureFolder } = await import('../../annotate/picture-folder.js');
  const { out: terminal, err } = invocation.terminal;
  const quiet = flagOption(invocation, quietOption.flags);
  await using explainer = await openExplainerFile(model);
  const folder = out === undefined ? null : await PictureFolder.open(out, true);
  let explained = 0;
  let failed = 0;
  const entries: unknown[] = [];
  try {
    await withInterrupt(
      () => {},
      async (signal) => {
        for await (const entry of explainFiles(explainer, paths, options, shownSize, { signal })) {
          if ('error' in entry) failed++;
          if (!('explanation' in entry)) {
            err.write(`${visible(`${entry.file}: ${'error' in entry ? entry.error : entry.reason}`)}\n`);
            if (json) entries.push(entry);
            continue;
          }
          explained++;
          if (json) entries.push(jsonOf(entry));
          if (folder === null) continue;
          const name =
            nameFor(entry.file, paths) +
            (entry.face !== null && entry.face.of > 1 ? `-${entry.face.number}` : '');
          const written = await folder.write(
            name,
            await explanationPicture(entry.picture, entry.explanation),
            'png',
          );
          if (!json && !quiet) terminal.write(`${visible(describe(entry))} -> ${out}/${written}\n`);
        }
      },
    );
  } finally {
    await folder?.close();
    if (json) terminal.write(`${JSON.stringify(entries)}\n`);
  }
  return explained === 0 && failed > 0 ? exitCodes.data : 0;
}

function describe({ file, face, explanation }: FileExplanation): string {
  const { expression, method, prediction } = explanation;
  const where = face === null || face.of === 1 ? file : `${file}, face ${face.number}`;
  return `${where}: ${expression} ${percent(prediction.probabilities[expression] ?? 0, 0)} (${method})`;
}

/** Values with so many digits: the maps are read by programs, and by people. */
const digits = 5;

function jsonOf({ file, face, explanation }: FileExplanation): unknown {
  const { method, expression, prediction, width, height, map } = explanation;
  const box = face === null ? {} : { face: face.number, box: Object.values(face.place.box) };
  return {
    file,
    ...box,
    method,
    expression,
    probability: prediction.probabilities[expression],
    width,
    height,
    map: Array.from(map, (value) => Number(value.toPrecision(digits))),
  };
}

export const explainCommand: CommandSpec = {
  arguments: [
    {
      name: '<files...>',
      description:
        "photographs, crops of faces, or folders of them, after the model: a run's .onnx file; without one the model that comes with ferlab is used",
    },
  ],
  options: [
    modelFileOption,
    {
      flags: outFlags,
      description: 'a new folder for a PNG file of each face: the face, and beside it under the map',
    },
    {
      flags: methodFlags,
      description:
        'class-activation: what each place adds to the score, for networks that end in pooling and a dense layer; gradient: the same to first order, for networks of ferlab; occlusion: how the probability falls when a place is hidden, for any',
      defaultText: 'the first of these that the model has',
    },
    {
      flags: expressionFlags,
      description: 'the class to explain',
      defaultText: 'the most probable one of each face',
    },
    {
      flags: facesFlags,
      description:
        'find looks for faces in every picture, crop takes every one as the crop of a face, auto decides by its size',
      defaultText: 'auto',
    },
    ...faceOptions,
    {
      ...jsonOption,
      description:
        'print one JSON array of {file, face, box, method, expression, probability, width, height, map}, the map row by row; of {file, error}, or {file, reason} for faces without an answer',
    },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab explain face.jpg --out maps', 'where the model that comes with ferlab looks'],
    [
      'ferlab explain runs/a/best.onnx faces --method occlusion --out maps',
      'a model of your own, by hiding places',
    ],
    [
      'ferlab explain party.jpg --expression angry --out maps',
      'what speaks for another class than the answer',
    ],
  ],
  run,
};
