// `ferlab report`: the report of a finished run for publication, without the dataset's images.

import { type CommandSpec, debugOption, flagOption, type Invocation, quietOption } from '../command.js';

async function run(invocation: Invocation): Promise<number> {
  const [runFolder, out] = invocation.arguments as [string, string];
  const { publishReport } = await import('../../report/publish.js');
  const names = await publishReport(runFolder, out);
  if (!flagOption(invocation, quietOption.flags)) {
    invocation.terminal.out.write(
      `Wrote ${names.length} files into ${out}, without images of the dataset.\n`,
    );
  }
  return 0;
}

export const reportCommand: CommandSpec = {
  arguments: [
    { name: '<run>', description: 'the folder of a finished run' },
    { name: '<folder>', description: 'where to; files of an earlier report are replaced' },
  ],
  options: [quietOption, debugOption],
  examples: [['ferlab report runs/a docs/results/a', 'figures and plots to publish']],
  run,
};
