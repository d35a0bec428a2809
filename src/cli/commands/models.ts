// `ferlab models`: the presets, with what their networks cost.

import { count, flops as operations } from '../../format/numbers.js';
import { type CommandSpec, debugOption, flagOption, type Invocation, jsonOption } from '../command.js';

/** Classes that sizes are given for: FER2013's. */
const classes = 7;

async function run(invocation: Invocation): Promise<number> {
  const { createNetwork, summarizeNetwork } = await import('../../models/create.js');
  const { resolveTrainConfig } = await import('../../train/config/config.js');
  const { presetNames } = await import('../../train/config/presets.js');
  const rows = presetNames.map((preset) => {
    const { model, data, augment, train } = resolveTrainConfig(preset, { data: { path: '.' } });
    const network = createNetwork(model, data.imageSize, classes, augment.crop);
    return { preset, ...summarizeNetwork(model, network), epochs: train.epochs };
  });
  const { out } = invocation.terminal;
  if (flagOption(invocation, jsonOption.flags)) {
    out.write(`${JSON.stringify(rows.map(({ name, ...row }) => ({ model: name, ...row })))}\n`);
    return 0;
  }
  const cells = rows.map(({ preset, parameters, flops, epochs, description }) => [
    preset,
    count(parameters),
    operations(flops),
    String(epochs),
    description,
  ]);
  const { textTable } = await import('../../format/table.js');
  const right = (header: string) => ({ header, align: 'right' }) as const;
  const columns = [
    { header: 'preset' },
    right('parameters'),
    right('per image'),
    right('epochs'),
    { header: 'network' },
  ];
  out.write(`${textTable(columns, cells)}\n`);
  return 0;
}

export const modelsCommand: CommandSpec = {
  arguments: [],
  options: [jsonOption, debugOption],
  examples: [['ferlab models', `for ${classes} classes and the preset's image size`]],
  run,
};
