// Options of the commands that use models: which further models to combine, how many views of an image they see, and
// where they run.

import { type DeviceChoice, deviceChoices } from '../engine/runtime/device.js';
import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import { choiceOption, type Invocation, listOption, type OptionSpec } from './command.js';

const withFlags = '--with <model>';
const ttaFlags = '--tta <name>';

export const deviceOption: OptionSpec = {
  flags: '--device <name>',
  description: `where the engine runs: ${deviceChoices.join(', ')}; webgpu is any GPU, auto the fastest device that is here`,
  defaultText: 'cpu',
};

export const modelOptions: readonly OptionSpec[] = [
  {
    flags: withFlags,
    description:
      'a further .onnx file, whose probabilities are averaged with those of the model; may be repeated',
    repeatable: true,
  },
  {
    flags: ttaFlags,
    description: `test-time augmentation: ${testTimeKinds.join(', ')}; averages the logits of the views of an image`,
    defaultText: 'none',
  },
  deviceOption,
];

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
