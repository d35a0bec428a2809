// `ferlab export`: a model file in another form.

import { writeFileAtomically } from '../../files/atomic.js';
import { bytes, percent } from '../../format/numbers.js';
import {
  type CommandSpec,
  choiceOption,
  debugOption,
  flagOption,
  type Invocation,
  quietOption,
  requiredOption,
} from '../command.js';

const outFlags = '--out <file>';
const weightsFlags = '--weights <type>';
const weightTypes = ['float16'] as const;

async function run(invocation: Invocation): Promise<number> {
  const [model] = invocation.arguments as [string];
  const out = requiredOption(invocation, outFlags, 'the model file to write');
  choiceOption(invocation, weightsFlags, weightTypes);
  const { readModelFile } = await import('../../predict-files/load-model.js');
  const { withHalfPrecision } = await import('../../predict/rewrite.js');
  const before = await readModelFile(model);
  const after = withHalfPrecision(before, model);
  await writeFileAtomically(out, after);
  if (!flagOption(invocation, quietOption.flags)) {
    const share = percent(after.length / before.length, 0);
    invocation.terminal.out.write(
      `Model: ${out}, ${bytes(after.length)}, ${share} of the ${bytes(before.length)} of ${model}\n`,
    );
  }
  return 0;
}

export const exportCommand: CommandSpec = {
  arguments: [{ name: '<model>', description: 'the .onnx file of a run' }],
  options: [
    { flags: outFlags, description: 'the new model file; an existing file is replaced' },
    {
      flags: weightsFlags,
      description: 'how large weights are stored: float16; computing stays in float32',
      defaultText: weightTypes[0],
    },
    quietOption,
    debugOption,
  ],
  examples: [['ferlab export best.onnx --out small.onnx --weights float16', 'to ship or to send']],
  run,
};
