// Options of the commands that use models: which model, which further ones to combine, how many views of an image they
// see, and where they run.

import { type DeviceChoice, deviceChoices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import { choiceOption, type Invocation, listOption, type OptionSpec, textOption } from './command.js';

const modelFlags = '--model <file>';
const withFlags = '--with <model>';
const ttaFlags = '--tta <name>';

const deviceOption: OptionSpec = {
  flags: '--device <name>',
  description: `where the engine runs: ${deviceChoices.join(', ')}; webgpu is any GPU, auto the fastest device that is here`,
  defaultText: 'cpu',
};

/** The model alone, for commands that take one. */
export const modelFileOption: OptionSpec = {
  flags: modelFlags,
  description: 'the .onnx file of a run; box is the model that comes with ferlab',
  defaultText: 'the first argument if it ends in .onnx, else the model that comes with ferlab',
};

export const modelOptions: readonly OptionSpec[] = [
  modelFileOption,
  {
    flags: withFlags,
    description:
      'a further .onnx file, or box, whose probabilities are averaged with those of the model; may be repeated',
    repeatable: true,
  },
  {
    flags: ttaFlags,
    description: `test-time augmentation: ${testTimeKinds.join(', ')}; averages the logits of the views of an image`,
    defaultText: 'none',
  },
  deviceOption,
];

/**
 * The model that a command line names: `--model`, or a first argument that ends in .onnx; undefined stands for the model
 * that comes with ferlab. `rest` is what the model is used on.
 *
 * @throws FerlabError `usage` where it names two.
 */
export function takeModel(
  invocation: Invocation,
  words: readonly string[],
): { model: string | undefined; rest: readonly string[] } {
  const given = textOption(invocation, modelFlags);
  const [first, ...others] = words;
  const isModel = first?.toLowerCase().endsWith('.onnx') ?? false;
  if (given === undefined)
    return isModel ? { model: first, rest: others } : { model: undefined, rest: words };
  if (!isModel) return { model: given, rest: words };
  throw new FerlabError(
    'usage',
    `--model: expected one model, got ${given} and ${first}. Leave one of them out, or give it by --with to average them.`,
  );
}

export interface ModelChoice {
  with: readonly string[];
  tta: TestTimeKind | undefined;
  device: DeviceChoice | undefined;
}

/** What the options say. @throws FerlabError `usage` for a test-time augmentation or a device that there isn't. */
export function readModelOptions(invocation: Invocation): ModelChoice {
  return {
    with: listOption(invocation, withFlags),
    tta: choiceOption(invocation, ttaFlags, testTimeKinds),
    device: choiceOption(invocation, deviceOption.flags, deviceChoices),
  };
}
