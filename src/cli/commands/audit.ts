// `ferlab audit`: what in a dataset makes scores on it dishonest.

import type { AuditPhase } from '../../audit/find.js';
import { exitCodes, FerlabError } from '../../errors.js';
import {
  type CommandSpec,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  quietOption,
  textOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';
import { createCountProgress } from '../progress.js';

const outFlags = '--out <folder>';
const modelFlags = '--model <file>';
const strictFlags = '--strict';
const workersFlags = '--workers <n>';
const threadsFlags = '--threads <n>';

const phaseNames: Record<AuditPhase, string> = {
  decode: 'Decoding',
  describe: 'Describing',
  search: 'Searching',
  compare: 'Comparing',
  model: 'Predicting',
};

/** One bar per phase. */
function createPhaseProgress(invocation: Invocation, quiet: boolean) {
  let current: AuditPhase | null = null;
  let progress: ReturnType<typeof createCountProgress> | null = null;
  return {
    show(phase: AuditPhase, done: number, total: number): void {
      if (phase !== current) {
        progress?.end();
        progress = createCountProgress(invocation.terminal.err, phaseNames[phase], quiet);
        current = phase;
      }
      progress?.show(done, total);
    },
    end: () => progress?.end(),
  };
}

async function run(invocation: Invocation): Promise<number> {
  const [dataset] = invocation.arguments as [string];
  const { out, err } = invocation.terminal;
  const quiet = flagOption(invocation, quietOption.flags);
  const folder = textOption(invocation, outFlags);
  const modelFile = textOption(invocation, modelFlags);
  const threads = integerOption(invocation, threadsFlags, 1);
  if (threads !== undefined && modelFile === undefined) {
    throw new FerlabError('usage', '--threads: expected --model too, whose engine has them. Leave it out.');
  }
  const options = {
    out: folder,
    modelFile,
    workers: integerOption(invocation, workersFlags, 1),
  };
  const { auditDataset, leaks } = await import('../../audit/audit.js');
  const { auditText } = await import('../../audit/text.js');
  const model =
    modelFile === undefined
      ? undefined
      : await (await import('../../predict/load.js')).loadModel(modelFile, { threads });
  const progress = createPhaseProgress(invocation, quiet);
  const result = await withInterrupt(
    () => progress.end(),
    (signal) => auditDataset(dataset, { ...options, model, signal, onProgress: progress.show }),
  ).finally(async () => {
    progress.end();
    await model?.close();
  });
  out.write(`${flagOption(invocation, jsonOption.flags) ? JSON.stringify(result) : auditText(result)}\n`);
  if (folder !== undefined && !quiet) err.write(`Pictures and report: ${folder}\n`);
  if (!flagOption(invocation, strictFlags)) return 0;
  const problems = [
    ...(leaks(result) ? ['exact copies of training images outside the training split'] : []),
    ...(result.unusable.length > 0 ? [`${result.unusable.length} files that can't be used`] : []),
  ];
  if (problems.length === 0) return 0;
  err.write(
    `Error: ${dataset}: --strict expects none of these, found ${problems.join(' and ')}. ` +
      'They are listed in the JSON; remove them from the dataset.\n',
  );
  return exitCodes.data;
}

export const auditCommand: CommandSpec = {
  name: 'audit',
  summary: 'look for duplicates, leaks, conflicting labels and odd images in a dataset',
  arguments: [
    { name: '<dataset>', description: 'a dataset as for training, or one folder of class folders' },
  ],
  options: [
    { flags: outFlags, description: 'write audit.json, audit.md and contact sheets into this folder' },
    { flags: modelFlags, description: 'the .onnx file of a run, to rank labels that it contradicts' },
    {
      flags: strictFlags,
      description: "exit with 3 when a held-out image has an exact copy in training, or a file can't be used",
    },
    {
      flags: workersFlags,
      description: 'threads that decode',
      defaultText: 'one per core, at most 8',
    },
    { flags: threadsFlags, description: 'threads of the engine, with --model', defaultText: 'one per core' },
    jsonOption,
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab audit fer2013', 'tables and warnings'],
    ['ferlab audit fer2013 --out audit', 'with contact sheets to look at'],
    ['ferlab audit faces --strict --quiet', 'fails when the validation split leaks'],
    ['ferlab audit faces --model best.onnx --json', 'with suspect labels, as one JSON object'],
  ],
  run,
};
