// Opens the service's port.

import type { FastifyInstance } from 'fastify';
import { show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import type { ServiceSettings } from './settings.js';

const reasons: Record<string, string> = {
  EADDRINUSE: 'a port that another program listens on. Give another --port, or stop that program',
  EACCES: "a port that this user can't open. Give a --port above 1023",
  EADDRNOTAVAIL: 'an address that this machine lacks. Give one of its own as --host',
  ENOTFOUND: 'a name that leads nowhere. Give an address of this machine as --host',
};

/** @returns the address that clients reach. @throws FerlabError `io` where the port can't be opened. */
export async function listen(
  service: FastifyInstance,
  { host, port }: Pick<ServiceSettings, 'host' | 'port'>,
): Promise<string> {
  try {
    return await service.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new FerlabError(
      'io',
      `host ${show(host)}, port ${port}: expected to listen there, found ${reasons[code] ?? message}.`,
      { cause: error },
    );
  }
}
