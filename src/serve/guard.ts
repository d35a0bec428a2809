// Who may ask: the token, and requests that a web page makes behind its visitor's back.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { documentationPath } from './openapi.js';
import { Problem } from './problem.js';
import { isLoopback, type ServiceSettings } from './settings.js';

/** Name of the host in a Host header or an origin, without the port. */
function hostName(authority: string): string {
  return authority.replace(/:\d+$/, '').toLowerCase();
}

/**
 * Where no token is demanded, a page could reach a service on this machine by a name of its own that leads to 127.0.0.1 (DNS
 * rebinding): only names of this machine are answered then. Pages of other origins are never answered.
 */
function checkOrigin({ headers }: FastifyRequest, isOwnMachineOnly: boolean): void {
  const { host = '', origin } = headers;
  if (isOwnMachineOnly && !isLoopback(hostName(host))) {
    throw new Problem(
      'misdirected',
      'Host: expected localhost or a loopback address, found another name. Behind a proxy, have it send one of these, or give the service a token.',
    );
  }
  if (origin === undefined) return;
  let from = '';
  try {
    from = new URL(origin).host;
  } catch {
    // "null", or no origin at all
  }
  if (from !== host.toLowerCase()) {
    throw new Problem('forbidden', 'Origin: expected no page of another site, found one.');
  }
}

const isDocumentation = (url: string | undefined) =>
  url !== undefined && (url === '/openapi.json' || url.startsWith(documentationPath));

/** Refuses other names of this machine where no token is demanded, and pages of other sites. To be called before the routes. */
export function addOriginCheck(
  app: FastifyInstance,
  { host, token }: Pick<ServiceSettings, 'host' | 'token'>,
): void {
  const isOwnMachineOnly = token === null && isLoopback(host);
  app.addHook('onRequest', (request, _, done) => {
    try {
      checkOrigin(request, isOwnMachineOnly);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Demands the token of every request to a route that isn't open. To be called before the routes. */
export async function addTokenCheck(app: FastifyInstance, token: string): Promise<void> {
  const { default: bearerAuth } = await import('@fastify/bearer-auth');
  await app.register(bearerAuth, { keys: new Set([token]), addHook: false, verifyErrorLogLevel: 'debug' });
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { config, url } = request.routeOptions;
    if (config.open === true || isDocumentation(url)) return done();
    app.verifyBearerAuth!(request, reply, (error?: Error) => {
      if (error === undefined || error === null) return done();
      reply.header('www-authenticate', 'Bearer realm="ferlab"');
      done(
        new Problem(
          'unauthorized',
          'Authorization: expected "Bearer" and the token of this service, found another.',
        ),
      );
    });
  });
}

/** Checks every request before anything of it is read. To be called before the routes. */
export async function addGuard(
  app: FastifyInstance,
  { host, token }: Pick<ServiceSettings, 'host' | 'token'>,
): Promise<void> {
  addOriginCheck(app, { host, token });
  if (token !== null) await addTokenCheck(app, token);
}
