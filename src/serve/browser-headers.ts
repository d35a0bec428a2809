// Headers that tell browsers to be careful with what the service answers.

import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';

/**
 * Adds the headers to every answer. They are made once: @fastify/helmet reads and checks its options anew for each request, which
 * is a tenth of what refusing one takes. A route's own `helmet` options go before them.
 */
export async function addBrowserHeaders(app: FastifyInstance): Promise<void> {
  const { default: helmet } = await import('@fastify/helmet');
  await app.register(helmet, {
    global: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
    },
    crossOriginEmbedderPolicy: true,
    referrerPolicy: { policy: 'no-referrer' },
    // Whether the way here is encrypted is known to the proxy that does it.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  let made: OutgoingHttpHeaders | undefined;
  app.addHook('onRequest', (request, reply, done) => {
    if ('helmet' in request.routeOptions.config) return done();
    if (made === undefined) {
      reply.helmet();
      made = { ...reply.raw.getHeaders() };
    } else for (const name in made) reply.raw.setHeader(name, made[name]!);
    done();
  });
}
