// `ferlab audit`: what in a dataset makes scores on it dishonest.

import type { CrossValidationOptions } from '../../audit/cross-validation/options.js';
import { defaultPreset } from '../../audit/cross-validation/options.js';
import type { AuditEvent, CountEvent } from '../../audit/events.js';
import { defaultMemoryBudget } from '../../data/store/store.js';
import { exitCodes, FerlabError } from '../../errors.js';
import { percent } from '../../format/numbers.js';
import { visibleLines } from '../../format/visible.js';
import { presetNames } from '../../train/config/presets.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  flagOption,
  type Invocation,
  integerOption,
  jsonOption,
  longFlag,
  optionKey,
  quietOption,
  textOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';
import { readBytes, showBytes } from '../option-values.js';

const outFlags = '--out <folder>';
const modelFlags = '--model <file>';
const crossValidateFlags = '--cross-validate <folds>';
const presetFlags = '--preset <name>';
const epochsFlags = '--epochs <n>';
const seedFlags = '--seed <n>';
const workFlags = '--work <folder>';
const strictFlags = '--strict';
const overlayFlags = '--overlay <file>';
const memoryBudgetFlags = '--memory-budget <bytes>';
const workersFlags = '--workers <n>';
const threadsFlags = '--threads <n>';

const phaseNames: Record<CountEvent['type'], string> = {
  decode: 'Decoding',
  describe: 'Describing',
  search: 'Searching',
  compare: 'Comparing',
  predict: 'Predicting',
};

/** One bar per phase; the trainings of cross-validation print lines of their own. */
async function createAuditProgress(invocation: Invocation, quiet: boolean) {
  const { createCountProgress, createTrainProgress } = await import('../progress.js');
  const { err } = invocation.terminal;
  let current: CountEvent['type'] | null = null;
  let progress: ReturnType<typeof createCountProgress> | null = null;
  // Standard output is the result's.
  const training = createTrainProgress({ out: err, err }, quiet);
  const endPhase = () => {
    progress?.end();
    progress = null;
    current = null;
  };
  const end = () => {
    endPhase();
    training.end();
  };
  const showPhase = ({ type, done, total }: CountEvent) => {
    if (type !== current) {
      end();
      progress = createCountProgress(err, phaseNames[type], quiet);
      current = type;
    }
    progress?.show(done, total);
  };
  return {
    show(event: AuditEvent): void {
      if ('done' in event) {
        showPhase(event);
        return;
      }
      endPhase();
      const place = `Fold ${event.fold} of ${event.folds}`;
      if (event.type === 'training') training.show(event.event);
      else if (event.type === 'fold') {
        training.say(`${place}: trains on ${event.trainingImages} images, predicts ${event.heldOutImages}`);
      } else training.say(`${place}: ${percent(event.accuracy)} of its images get their label`);
    },
    say(line: string): void {
      end();
      training.say(line);
    },
    end,
  };
}

/** The options of cross-validation, where it is asked for. */
function readCrossValidation(invocation: Invocation): CrossValidationOptions | undefined {
  const folds = integerOption(invocation, crossValidateFlags, 2);
  const options = {
    preset: choiceOption(invocation, presetFlags, presetNames),
    epochs: integerOption(invocation, epochsFlags, 1),
    seed: integerOption(invocation, seedFlags, 0),
    work: textOption(invocation, workFlags),
  };
  if (folds !== undefined) {
    const threads = integerOption(invocation, threadsFlags, 1);
    return { ...options, folds, threads, command: invocation.commandLine };
  }
  const alone = [presetFlags, epochsFlags, seedFlags, workFlags].filter(
    (flags) => invocation.options[optionKey(flags)] !== undefined,
  );
  if (alone.length === 0) return undefined;
  throw new FerlabError(
    'usage',
    `${alone.map(longFlag).join(', ')}: expected --cross-validate too, whose trainings they describe. Leave them out.`,
  );
}

/** In bytes, however it is written. */
function readMemoryBudget(invocation: Invocation): number | undefined {
  const text = textOption(invocation, memoryBudgetFlags);
  if (text === undefined) return undefined;
  const bytes = readBytes(text);
  if (Number.isSafeInteger(bytes)) return bytes as number;
  throw new FerlabError(
    'usage',
    `${longFlag(memoryBudgetFlags)}: expected a number of bytes, 0 or more, as 512MiB, got ${JSON.stringify(text)}`,
  );
}

async function run(invocation: Invocation): Promise<number> {
  const [dataset] = invocation.arguments as [string];
  const { out, err } = invocation.terminal;
  const quiet = flagOption(invocation, quietOption.flags);
  const folder = textOption(invocation, outFlags);
  const modelFile = textOption(invocation, modelFlags);
  const threads = integerOption(invocation, threadsFlags, 1);
  const crossValidation = readCrossValidation(invocation);
  if (modelFile !== undefined && crossValidation !== undefined) {
    throw new FerlabError('usage', '--cross-validate: expected it without --model, got both. Leave one out.');
  }
  if (threads !== undefined && modelFile === undefined && crossValidation === undefined) {
    throw new FerlabError(
      'usage',
      '--threads: expected --model or --cross-validate too, whose engine has them. Leave it out.',
    );
  }
  const memoryBudget = readMemoryBudget(invocation);
  const { audit, leaks } = await import('../../audit/audit.js');
  const { auditText } = await import('../../audit/text.js');
  const progress = await createAuditProgress(invocation, quiet);
  const onInterrupt = () =>
    crossValidation ? progress.say('Stopping; Ctrl-C again stops at once.') : progress.end();
  const result = await withInterrupt(onInterrupt, (signal) =>
    audit(
      dataset,
      {
        out: folder,
        overlay: textOption(invocation, overlayFlags),
        workers: integerOption(invocation, workersFlags, 1),
        memoryBudget,
        model: modelFile,
        threads,
        crossValidation,
      },
      { signal, onProgress: progress.show },
    ),
  ).finally(progress.end);
  out.write(
    `${flagOption(invocation, jsonOption.flags) ? JSON.stringify(result) : visibleLines(auditText(result))}\n`,
  );
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
  arguments: [
    { name: '<dataset>', description: 'a dataset as for training, or one folder of class folders' },
  ],
  options: [
    {
      flags: outFlags,
      description: 'write audit.json, audit.md, contact sheets and suspect-labels.csv into this folder',
    },
    {
      flags: modelFlags,
      description:
        'the .onnx file of a run, or box for the model that comes with ferlab, to rank labels that it contradicts',
    },
    {
      flags: crossValidateFlags,
      description:
        'train this many models, 2 to 20, each without one part of the images, to rank labels by the model that ' +
        "hasn't seen the image",
    },
    {
      flags: presetFlags,
      description: `with --cross-validate, how the models are trained: ${presetNames.join(', ')}`,
      defaultText: defaultPreset,
    },
    {
      flags: epochsFlags,
      description: 'with --cross-validate, epochs of each training',
      defaultText: "the preset's",
    },
    {
      flags: seedFlags,
      description: 'with --cross-validate, what folds and trainings derive from',
      defaultText: '0',
    },
    {
      flags: workFlags,
      description:
        'with --cross-validate, keep the models in this folder; with it an interrupted audit goes on',
      defaultText: 'a temporary folder',
    },
    { flags: overlayFlags, description: 'a CSV file of corrections: images of another class, or of none' },
    {
      flags: strictFlags,
      description: "exit with 3 when a held-out image has an exact copy in training, or a file can't be used",
    },
    {
      flags: memoryBudgetFlags,
      description: 'decoded images kept in memory, as 512MiB; a larger dataset is streamed',
      defaultText: showBytes(defaultMemoryBudget),
    },
    {
      flags: workersFlags,
      description: 'threads that decode',
      defaultText: 'one per core, at most 8',
    },
    {
      flags: threadsFlags,
      description: 'threads of the engine, with --model or --cross-validate',
      defaultText: 'one per core',
    },
    jsonOption,
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab audit fer2013', 'tables and warnings'],
    ['ferlab audit fer2013 --out audit', 'with contact sheets to look at'],
    ['ferlab audit faces --strict --quiet', 'fails when the validation split leaks'],
    ['ferlab audit faces --model best.onnx --json', 'with suspect labels, as one JSON object'],
    ['ferlab audit faces --cross-validate 5 --work folds', 'with labels judged by models trained for it'],
  ],
  run,
};
