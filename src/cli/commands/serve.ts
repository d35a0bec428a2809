// `ferlab serve`: the HTTP service, until a signal stops it.

import { once } from 'node:events';
import { fromCommandLine, fromEnvironment, fromFile, resolveSettings } from '../../serve/resolve-settings.js';
import { settingOptions } from '../../serve/settings.js';
import {
  type CommandSpec,
  debugOption,
  type Invocation,
  listOption,
  optionKey,
  textOption,
} from '../command.js';
import { withInterrupt } from '../interrupt.js';

const configFlags = '--config <file>';

/** What the command line sets, by the name of the setting. */
function given(invocation: Invocation): Record<string, string | boolean | readonly string[]> {
  return Object.fromEntries(
    settingOptions.flatMap(({ name, flags, repeatable }) => {
      const value = repeatable ? listOption(invocation, flags) : invocation.options[optionKey(flags)];
      const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined;
      return isGiven ? [[name, value as string | boolean | readonly string[]] as const] : [];
    }),
  );
}

async function run(invocation: Invocation): Promise<void> {
  const file = textOption(invocation, configFlags);
  const settings = await resolveSettings([
    fromCommandLine(given(invocation)),
    fromEnvironment(process.env),
    ...(file === undefined ? [] : [await fromFile(file)]),
  ]);
  // Imported here so that help and wrong options don't wait for Fastify to load.
  const { openService } = await import('../../serve/service.js');
  const { listen } = await import('../../serve/listen.js');
  const { out, err } = invocation.terminal;
  await withInterrupt(
    () => err.write(`Stopping: what was accepted is answered, for at most ${settings.drain} s.\n`),
    async (signal) => {
      const service = await openService(settings);
      try {
        const address = await listen(service, settings);
        out.write(`Listening on ${address}\n`);
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        await service.close();
      }
    },
  );
}

export const serveCommand: CommandSpec = {
  arguments: [],
  options: [
    ...settingOptions.map(({ name: _, ...option }) => option),
    {
      flags: configFlags,
      description: 'a JSON file of settings, named as in the guide',
      defaultText: 'none',
    },
    debugOption,
  ],
  examples: [
    ['ferlab serve', 'on http://127.0.0.1:8080, with the model that comes with ferlab'],
    ['ferlab serve --model runs/a/last.onnx --port 9000', 'a model of your own'],
    ['ferlab serve --host 0.0.0.0 --token-file token', 'for other machines, which send the token'],
  ],
  run: async (invocation) => {
    await run(invocation);
    return 0;
  },
};
