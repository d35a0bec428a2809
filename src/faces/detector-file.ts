// Files of single-stage detectors: what is checked before ONNX Runtime sees one, and what the file says about itself. The
// form is YuNet's (github.com/ShiqiYu/libfacedetection.train), as OpenCV's FaceDetectorYN takes it: one input, BGR from 0 to
// 255; outputs cls_S, obj_S, bbox_S and kps_S for the strides S of 8, 16 and 32.

import { checkGraph, type ModelOutline } from '../engine/onnx/check.js';
import { readMetadataProps } from '../engine/onnx/metadata-props.js';
import { FerlabError } from '../errors.js';
import {
  list,
  number,
  numberWithin,
  object,
  optional,
  type Reader,
  wholeNumber,
} from '../predict/json-fields.js';
import { firstLine } from '../predict/model-file.js';

export const strides = [8, 16, 32] as const;

/** Of each output, the values of a cell. */
export const cellValues = { cls: 1, obj: 1, bbox: 4, kps: 10 } as const;

/** How a detector is used, besides its weights. A file may hold these as JSON in metadata_props, below `ferlab.detector`. */
export interface DetectorSettings {
  /** Faces of a lower score are left out unless the caller says otherwise, from 0 to 1. */
  threshold: number;
  /** The smallest face, and the largest, that the network finds well: the longer side in pixels of what it is shown. */
  smallest: number;
  largest: number;
  /**
   * Looks at a picture, each at a size of its own, as factors of that at which the smallest face is `smallest` pixels long;
   * what they agree on is found. One look of factor 1 unless given.
   */
  looks?: number[] | undefined;
}

/**
 * For files that say nothing. Measured with YuNet n on 600 photographs of 956 faces from 20 pixels: shown as 10, 14, 20, 26
 * and 40 pixels, the smallest faces gave an average precision of .934, .955, .969, .966 and .967 at 3.8, 5.3, 12, 22 and
 * 47 ms a photograph; the largest at 160 to 320 pixels .969 to .970, at 480 and more .967.
 */
const defaultSettings: DetectorSettings = { threshold: 0.6, smallest: 20, largest: 320 };

/** More would take long and bring nothing. */
const mostLooks = 4;

export const detectorKey = 'ferlab.detector';

const readSettings: Reader<DetectorSettings> = object<DetectorSettings>({
  threshold: number,
  smallest: wholeNumber(1, 1024),
  largest: wholeNumber(1, 4096),
  looks: optional(list(numberWithin(0.25, 4), 1)),
});

/** What is known of a detector's file without running it. */
export interface DetectorFile {
  /** The name of the input. */
  input: string;
  /** The one size of picture that the file takes, in pixels; null where it takes any multiple of 32. */
  size: { width: number; height: number } | null;
  settings: DetectorSettings;
}

const needed =
  'expected a face detector as an ONNX file of one input [1, 3, height, width] and the outputs cls, obj, bbox and kps of the ' +
  'strides 8, 16 and 32 (cls_8 and so on, as YuNet has them)';

export function notADetector(where: string, found: string, cause?: unknown): FerlabError {
  const advice =
    'Give the file of a detector, or leave the option out to use the one that comes with ferlab.';
  return new FerlabError('model', `${where}: ${needed}; ${found}. ${advice}`, { cause });
}

/**
 * @param where names the file in messages.
 * @throws FerlabError `model` where the bytes are no whole ONNX file, a graph that may do harm, or no detector of this form.
 */
export function readDetectorFile(bytes: Uint8Array, where: string): DetectorFile {
  let properties: Record<string, string>;
  let checked: ReturnType<typeof checkGraph>;
  try {
    properties = readMetadataProps(bytes);
    checked = checkGraph(bytes);
  } catch (error) {
    throw notADetector(where, `it can't be parsed (${firstLine(error)})`, error);
  }
  if ('problem' in checked) throw notADetector(where, checked.problem);
  const { outline } = checked;
  if ('probabilities' in outline.outputs)
    throw notADetector(where, 'it is a model that recognises expressions, which finds no faces');
  const problem = outputProblem(outline);
  if (problem !== null) throw notADetector(where, problem);
  return { ...inputOf(outline, where), settings: settingsOf(properties, where) };
}

function outputProblem({ outputs }: ModelOutline): string | null {
  const missing = Object.keys(cellValues).flatMap((kind) =>
    strides.map((stride) => `${kind}_${stride}`).filter((name) => !(name in outputs)),
  );
  if (missing.length > 0) {
    const found = Object.keys(outputs).slice(0, 12).join(', ') || 'none';
    return `its outputs are ${found.slice(0, 200)}`;
  }
  for (const [kind, values] of Object.entries(cellValues)) {
    for (const stride of strides) {
      const shape = outputs[`${kind}_${stride}`]!;
      const last = shape.at(-1);
      if (typeof last === 'number' && last !== values)
        return `its output ${kind}_${stride} is [${shape.join(', ')}], not ${values} values a cell`;
    }
  }
  return null;
}

function inputOf({ inputs }: ModelOutline, where: string): Pick<DetectorFile, 'input' | 'size'> {
  const [[input, shape] = ['', []], ...others] = Object.entries(inputs);
  const [count, channels, height, width] = shape;
  const fits = shape.length === 4 && (typeof count === 'string' || count === 1) && channels === 3;
  if (others.length > 0 || !fits) {
    const found = Object.entries(inputs).map(([name, sizes]) => `${name} [${sizes.join(', ')}]`);
    throw notADetector(where, `its input is ${found.join(' and ').slice(0, 200) || 'missing'}`);
  }
  const sides = [width, height].filter((side) => typeof side === 'number');
  if (sides.length === 0) return { input, size: null };
  if (sides.length === 2 && sides.every((side) => side % 32 === 0 && side >= 64 && side <= 4096))
    return { input, size: { width: sides[0]!, height: sides[1]! } };
  throw notADetector(
    where,
    `its pictures are ${width} x ${height}, not multiples of 32 from 64 to 4096, or both free`,
  );
}

function settingsOf(properties: Readonly<Record<string, string>>, where: string): DetectorSettings {
  const json = properties[detectorKey];
  if (json === undefined) return defaultSettings;
  try {
    const settings = readSettings(JSON.parse(json), '');
    if (
      settings.largest < settings.smallest * 4 ||
      settings.threshold < 0 ||
      settings.threshold > 1 ||
      (settings.looks?.length ?? 1) > mostLooks
    )
      throw new Error('its values are out of range');
    return settings;
  } catch (error) {
    throw notADetector(where, `its metadata ${detectorKey} can't be used (${firstLine(error)})`, error);
  }
}
