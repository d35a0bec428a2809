// `ferlab studio`: the page in which people recognise faces and teach it expressions of their own, until a signal stops it.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { FerlabError } from '../../errors.js';
import { foundInstead } from '../../files/read-error.js';
import { isLoopback } from '../../serve/settings.js';
import { type CommandSpec, debugOption, type Invocation, integerOption, textOption } from '../command.js';
import { withInterrupt } from '../interrupt.js';

const hostFlags = '--host <address>';
const portFlags = '--port <n>';
const tokenFlags = '--token-file <file>';
const openFlags = '--no-open';

const defaultHost = '127.0.0.1';
/** Where it is taken, a free one is. */
const defaultPort = 7345;
const shortestToken = 16;

async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new FerlabError(
      'io',
      `--token-file ${file}: expected a file with the token, found ${foundInstead(error, { path: file })}.`,
      { cause: error },
    );
  }
  if (/^[\w.~+/=-]+$/.test(text) && text.length >= shortestToken) return text;
  throw new FerlabError(
    'usage',
    `--token-file ${file}: expected ${shortestToken} or more letters, digits or .~+/=_-, found ${text === '' ? 'nothing' : 'another text'}.`,
  );
}

/** The token that is demanded: none on a loopback address, unless a file has one. */
async function chooseToken(host: string, file: string | undefined): Promise<string | null> {
  if (file !== undefined) return readToken(file);
  return isLoopback(host) ? null : randomBytes(24).toString('base64url');
}

async function listenSomewhere(
  studio: FastifyInstance,
  host: string,
  port: number | undefined,
): Promise<string> {
  const { listen } = await import('../../serve/listen.js');
  try {
    return await listen(studio, { host, port: port ?? defaultPort });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (port !== undefined || code !== 'EADDRINUSE') throw error;
    return listen(studio, { host, port: 0 });
  }
}

async function run(invocation: Invocation): Promise<void> {
  const given = (invocation.arguments[0] as readonly string[] | undefined) ?? [];
  const host = textOption(invocation, hostFlags) ?? defaultHost;
  const port = integerOption(invocation, portFlags, 0);
  const token = await chooseToken(host, textOption(invocation, tokenFlags));
  const folders = given.length > 0 || !existsSync('runs') ? given : ['runs'];
  // Imported here so that help and wrong options don't wait for Fastify to load.
  const { openStudio } = await import('../../studio/server.js');
  const { openBrowser } = await import('../../studio/open-browser.js');
  const { out, err } = invocation.terminal;
  await withInterrupt(
    () => err.write('Stopping.\n'),
    async (signal) => {
      const studio = await openStudio({ folders, host, token });
      try {
        const address = await listenSomewhere(studio, host, port);
        // The part after # stays in the browser: it is in no request and no log.
        const link = token === null ? `${address}/` : `${address}/#token=${encodeURIComponent(token)}`;
        out.write(`The studio is at ${link}\n`);
        if (invocation.options.open !== false && !(await openBrowser(link)))
          err.write('No browser could be opened here: open that address yourself.\n');
        err.write('Ctrl-C stops it.\n');
        if (!signal.aborted) await once(signal, 'abort');
      } finally {
        studio.server.closeAllConnections();
        await studio.close();
      }
    },
  );
}

export const studioCommand: CommandSpec = {
  arguments: [
    {
      name: '[folder...]',
      description: 'whose models the page offers: run folders, or folders that hold some',
    },
  ],
  options: [
    {
      flags: hostFlags,
      description:
        'address to listen on; any but a loopback address demands a token, which the printed address holds',
      defaultText: defaultHost,
    },
    {
      flags: portFlags,
      description: 'port to listen on; 0 takes a free one',
      defaultText: `${defaultPort}, or a free one`,
    },
    {
      flags: tokenFlags,
      description: 'file with the token to demand',
      defaultText: 'none on a loopback address, else a new one',
    },
    { flags: openFlags, description: 'open no browser' },
    debugOption,
  ],
  examples: [
    ['ferlab studio', 'with the model that comes with ferlab and those below ./runs'],
    ['ferlab studio runs/a experiments', 'with the models below these folders'],
    ['ferlab studio --no-open --port 9000', 'on a machine without a screen, seen through a tunnel'],
  ],
  run: async (invocation) => {
    await run(invocation);
    return 0;
  },
};
