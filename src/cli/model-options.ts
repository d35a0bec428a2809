// Options of the commands that use models: which further models to combine, and how many views of an image they see.

import { type TestTimeKind, testTimeKinds } from '../predict/views.js';
import { choiceOption, type Invocation, listOption, type OptionSpec } from './command.js';

const withFlags = '--with <model>';
const ttaFlags = '--tta <name>';

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
];

export interface ModelChoice {
  with: readonly string[];
  tta: TestTimeKind | undefined;
}

/** What the options say. @throws FerlabError `usage` for a test-time augmentation that there isn't. */
export function readModelOptions(invocation: Invocation): ModelChoice {
  return {
    with: listOption(invocation, withFlags),
    tta: choiceOption(invocation, ttaFlags, testTimeKinds),
  };
}
