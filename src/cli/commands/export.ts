// `ferlab export`: a model file in another form: smaller, or Keras's.

import { FerlabError } from '../../errors.js';
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
const toFlags = '--to <form>';
const forms = ['onnx', 'keras'] as const;

async function run(invocation: Invocation): Promise<number> {
  const [model] = invocation.arguments as [string];
  const out = requiredOption(invocation, outFlags, 'the model file to write');
  const weights = choiceOption(invocation, weightsFlags, weightTypes);
  const form = choiceOption(invocation, toFlags, forms) ?? 'onnx';
  if (form === 'keras' && weights !== undefined)
    throw new FerlabError(
      'usage',
      '--weights: expected none with --to keras, whose weights are float32; got float16. Leave it out.',
    );
  const { readModelFile } = await import('../../predict-files/load-model.js');
  const before = await readModelFile(model);
  const after = await inForm(form, before, model);
  await writeFileAtomically(out, after);
  if (!flagOption(invocation, quietOption.flags)) {
    const share = percent(after.length / before.length, 0);
    invocation.terminal.out.write(
      `Model: ${out}, ${bytes(after.length)}, ${share} of the ${bytes(before.length)} of ${model}\n`,
    );
  }
  return 0;
}

/** Imported only when needed, so that help and wrong options don't wait for the engine. */
async function inForm(form: (typeof forms)[number], bytes: Uint8Array, where: string): Promise<Uint8Array> {
  if (form === 'keras') return (await import('../../interop/export-keras.js')).exportKeras(bytes, where);
  return (await import('../../predict/rewrite.js')).withHalfPrecision(bytes, where);
}

export const exportCommand: CommandSpec = {
  arguments: [{ name: '<model>', description: 'the .onnx file of a run' }],
  options: [
    { flags: outFlags, description: 'the new model file; an existing file is replaced' },
    {
      flags: toFlags,
      description: 'onnx: a model file; keras: a .keras file of Keras 3',
      defaultText: 'onnx',
    },
    {
      flags: weightsFlags,
      description: 'how large weights are stored: float16; computing stays in float32',
      defaultText: weightTypes[0],
    },
    quietOption,
    debugOption,
  ],
  examples: [
    ['ferlab export best.onnx --out small.onnx --weights float16', 'to ship or to send'],
    ['ferlab export best.onnx --to keras --out best.keras', 'for Keras 3'],
  ],
  run,
};
