// `ferlab models`: the presets, with what their networks cost.

import { type CommandSpec, debugOption, flagOption, type Invocation, jsonOption } from '../command.js';
import { table } from '../format.js';

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
  const width = Math.max(...rows.map(({ description }) => description.length)); // padded, so it stands at the left
  const cells = rows.map(({ preset, parameters, flops, epochs, description }) => [
    preset,
    parameters.toLocaleString('en'),
    `${(flops / 1e6).toFixed(1)} MFLOP`,
    String(epochs),
    description.padEnd(width),
  ]);
  out.write(`${table([['preset', 'parameters', 'per image', 'epochs', ''], ...cells])}\n`);
  return 0;
}

export const modelsCommand: CommandSpec = {
  name: 'models',
  summary: 'list the presets, with the parameters and the cost of their networks',
  arguments: [],
  options: [jsonOption, debugOption],
  examples: [['ferlab models', `for ${classes} classes and the preset's image size`]],
  run,
};
