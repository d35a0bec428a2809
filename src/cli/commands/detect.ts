// `ferlab detect`: the faces in photographs, without their expressions.

import { once } from 'node:events';
import { exitCodes } from '../../errors.js';
import { faceJson } from '../../faces/recognised.js';
import type { FileFaces } from '../../predict-files/detect-files.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  quietOption,
} from '../command.js';
import { faceOptions, readFaceOptions } from '../face-options.js';
import { withInterrupt } from '../interrupt.js';
import type { Stream } from '../terminal.js';

const threadsFlags = '--threads <n>';

/**
 * From which score on the bundled detector's faces stand in JSON. Below its own threshold half of them are faces in crowded
 * streets: who reads JSON can choose by score, who reads text wants the sure ones.
 */
const faintestInJson = 0.4;

/** How faces are written: what comes before, between and after files. */
interface Writer {
  begin: string;
  entry(found: FileFaces, index: number): string;
  end: string;
}

const jsonWriter: Writer = {
  begin: '[',
  entry: (found, index) => {
    const written = 'error' in found ? found : { ...found, faces: found.faces.map(faceJson) };
    return `${index > 0 ? ',' : ''}\n${JSON.stringify(written)}`;
  },
  end: '\n]\n',
};

const textWriter: Writer = {
  begin: '',
  entry: (found) => {
    if ('error' in found) return '';
    const { length } = found.faces;
    const count = length === 0 ? 'no face' : `${length} face${length === 1 ? '' : 's'}`;
    const lines = found.faces.map(({ box, score }) => {
      const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
      return `  ${width}x${height} at ${x},${y}, score ${score.toFixed(2)}\n`;
    });
    return `${found.file}: ${count}\n${lines.join('')}`;
  },
  end: '',
};

/** Writes, and waits while the reader is slower. */
async function write(stream: Stream, text: string): Promise<void> {
  if (text && stream.write(text) === false) await once(stream as NodeJS.WriteStream, 'drain');
}

async function run(invocation: Invocation): Promise<number> {
  const [paths] = invocation.arguments as [string[]];
  const { out, err } = invocation.terminal;
  const threads = integerOption(invocation, threadsFlags, 1);
  const choice = readFaceOptions(invocation);
  const json = flagOption(invocation, jsonOption.flags);
  const writer = json ? jsonWriter : textWriter;
  const faint = json && choice.detector === undefined && choice.detect.threshold === undefined;
  const detect = faint ? { ...choice.detect, threshold: faintestInJson } : choice.detect;
  // Imported here so that help and wrong options don't wait for the engine to load.
  const { detectFiles } = await import('../../predict-files/detect-files.js');
  const { openFaceDetector } = await import('../../predict-files/open-face-detector.js');
  const detector = await openFaceDetector(choice.detector, { threads });
  const counts = { searched: 0, failed: 0 };
  await withInterrupt(
    () => {},
    async (signal) => {
      await write(out, writer.begin);
      for await (const found of detectFiles(detector, paths, detect, { signal })) {
        await write(out, writer.entry(found, counts.searched + counts.failed));
        if ('error' in found) {
          counts.failed++;
          err.write(`${found.file}: ${found.error}\n`);
        } else counts.searched++;
      }
      await write(out, writer.end);
    },
  ).finally(() => detector.close());
  return counts.searched === 0 && counts.failed > 0 ? exitCodes.data : 0;
}

export const detectCommand: CommandSpec = {
  arguments: [{ name: '<files...>', description: 'photographs, or folders of them' }],
  options: [
    ...faceOptions,
    { flags: threadsFlags, description: 'threads of the engine', defaultText: 'one per core' },
    {
      ...jsonOption,
      description:
        'print one JSON array of {file, width, height, faces: [{box: [x, y, width, height], score, points: [[x, y], ...]}]}, in pixels of the upright picture, or {file, error}',
    },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab detect party.jpg', 'where the faces are'],
    ['ferlab detect photos --json', 'every photograph below a folder, as JSON'],
    ['ferlab detect scans --rotations --min-face 40', 'faces that lie sideways too'],
    ['ferlab detect party.jpg --detector yunet.onnx', "by a detector of one's own"],
  ],
  run,
};
