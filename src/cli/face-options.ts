// Options of the commands that look for faces in photographs.

import { FerlabError } from '../errors.js';
import type { DetectOptions } from '../faces/detector.js';
import {
  flagOption,
  type Invocation,
  integerOption,
  longFlag,
  type OptionSpec,
  textOption,
} from './command.js';

const detectorFlags = '--detector <file>';
const thresholdFlags = '--threshold <score>';
const minFaceFlags = '--min-face <pixels>';
const maxFacesFlags = '--max-faces <n>';
const rotationsFlags = '--rotations';

export const faceOptions: readonly OptionSpec[] = [
  {
    flags: detectorFlags,
    description:
      'what finds faces: an ONNX file in the form of YuNet, a folder with the three files of an MTCNN, or mtcnn for the one that comes with ferlab',
    defaultText: 'the one that comes with ferlab',
  },
  {
    flags: thresholdFlags,
    description: 'leave out faces of a lower score, 0 to 1',
    defaultText: "the detector's own",
  },
  { flags: minFaceFlags, description: 'leave out faces whose longer side is shorter', defaultText: '20' },
  {
    flags: maxFacesFlags,
    description: 'only so many faces of a picture, those of the highest scores',
    defaultText: 'all',
  },
  {
    flags: rotationsFlags,
    description: 'look for faces that lie sideways or upside down too; takes four times as long',
  },
];

export interface FaceChoice {
  detector: string | undefined;
  detect: DetectOptions;
}

/** What the options say. @throws FerlabError `usage` for values out of range. */
export function readFaceOptions(invocation: Invocation): FaceChoice {
  return {
    detector: textOption(invocation, detectorFlags),
    detect: {
      threshold: readThreshold(textOption(invocation, thresholdFlags)),
      minFace: integerOption(invocation, minFaceFlags, 1),
      maxFaces: integerOption(invocation, maxFacesFlags, 1),
      rotations: flagOption(invocation, rotationsFlags) || undefined,
    },
  };
}

/** The first of these options that was given; null where none was. */
export function givenFaceOption(invocation: Invocation): string | null {
  const given = faceOptions.find(
    ({ flags }) => textOption(invocation, flags) !== undefined || flagOption(invocation, flags),
  );
  return given === undefined ? null : longFlag(given.flags);
}

function readThreshold(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new FerlabError(
    'usage',
    `${longFlag(thresholdFlags)}: expected a score from 0 to 1, as 0.6, got ${JSON.stringify(text)}`,
  );
}
