// Fastify as the service sets it up: limits, hooks, plugins and routes.

import { randomUUID } from 'node:crypto';
import { METHODS } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import type { z } from 'zod';
import {
  answerBrokenRequest,
  answerError,
  answerRaw,
  asProblem,
  ClientGone,
  missing,
  requestSeconds,
} from './answers.js';
import { readQuery } from './api.js';
import { addBrowserHeaders } from './browser-headers.js';
import { addGuard } from './guard.js';
import type { Metrics } from './metrics.js';
import { addDocumentation } from './openapi.js';
import { Problem } from './problem.js';
import { addPredicting, addWatching, type RouteParts } from './routes.js';
import type { ServiceSettings } from './settings.js';

/** Seconds for the head of a request; a connection without a request is closed after the second. */
const headSeconds = 10;
const idleSeconds = 65;

/** Connections at a time; more are closed as they come. */
const maxConnections = 1024;

/** How long answers have to go out before connections are cut, in milliseconds. */
const lastAnswers = 500;

/** Fastify with the limits of the service, its answers to refused requests, and no routes. */
export function createBareApp({
  logLevel,
  bodyLimit,
}: {
  logLevel: ServiceSettings['logLevel'];
  /** In bytes. */
  bodyLimit: number;
}): FastifyInstance {
  const app = fastify({
    logger: logLevel === 'silent' ? false : { level: logLevel, stream: process.stderr, base: null },
    // One line for each answer is written below: no address, no name of a file.
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    bodyLimit,
    requestTimeout: 1000 * requestSeconds,
    keepAliveTimeout: 1000 * idleSeconds,
    http: { headersTimeout: 1000 * headSeconds, connectionsCheckingInterval: 1000, maxHeaderSize: 16 * 1024 },
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
  });
  app.server.maxConnections = maxConnections;
  app.server.on('connect', (_, socket: Socket) =>
    answerRaw(socket, new Problem('method_not_allowed', 'CONNECT: expected another method, found this one.')),
  );
  // So that every method that Node reads gets the answer of a method that a path doesn't take.
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  app.setErrorHandler(answerError);
  return app;
}

export function createApp({ logLevel, maxMegabytes }: ServiceSettings): FastifyInstance {
  const app = createBareApp({ logLevel, bodyLimit: maxMegabytes * 1024 * 1024 });
  app.setValidatorCompiler<z.ZodObject>(({ schema }) => (value: unknown) => ({
    value: readQuery(schema, value),
  }));
  app.setSerializerCompiler(() => JSON.stringify);
  app.setNotFoundHandler((request) => {
    throw missing(app, request);
  });
  return app;
}

export async function addEverything(
  app: FastifyInstance,
  settings: ServiceSettings,
  parts: RouteParts,
): Promise<void> {
  const { dispatcher, metrics, limits } = parts;
  await addBrowserHeaders(app);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    done();
  });
  await addGuard(app, settings);
  // Before anything of a body is looked at.
  app.addHook('onRequest', (request, _, done) => done(request.is404 ? missing(app, request) : undefined));
  app.removeAllContentTypeParsers();
  const { default: multipart } = await import('@fastify/multipart');
  await app.register(multipart, { limits: { fileSize: limits.maxBytes } });
  // Bodies are read by the handlers, once the rest of the request is known to be right.
  app.addContentTypeParser(/^(image\/|application\/octet-stream)/i, (_request, _body, done) => done(null));
  await addDocumentation(app, settings.token !== null, limits.maxFiles);
  addPredicting(app, parts);
  addWatching(app, parts);
  app.get('/openapi.json', { config: { open: true } }, async () => app.swagger());
  addRecords(app, metrics);
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    timer = setTimeout(() => {
      dispatcher.abandon();
      // Answers go out first; uploads that are still under way have had their time.
      setTimeout(() => app.server.closeAllConnections(), lastAnswers).unref();
    }, 1000 * settings.drain);
  });
  app.addHook('onClose', async () => {
    // Requests of sockets are answered by now; those of a program around may not be.
    await dispatcher.settled();
    clearTimeout(timer);
    await dispatcher.close();
    metrics.registry.clear();
  });
}

/** One line of the log, and the counts, for each answer. */
function addRecords(app: FastifyInstance, metrics: Metrics): void {
  const record = (request: FastifyRequest, status: number, milliseconds: number) => {
    const route = request.is404 ? 'other' : (request.routeOptions.url ?? 'other');
    metrics.requests.inc({ route, status });
    metrics.requestSeconds.observe({ route }, milliseconds / 1000);
    request.log.info(
      { method: request.method, route, status, milliseconds: Math.round(milliseconds) },
      'answered',
    );
  };
  app.addHook('onResponse', async (request, reply) => record(request, reply.statusCode, reply.elapsedTime));
  app.addHook('onRequestAbort', async (request) => {
    metrics.refusals.inc({ reason: 'gone' });
    request.log.info({ method: request.method, route: request.routeOptions.url }, 'the client has gone');
  });
  app.addHook('onError', async (_request, _reply, error) => {
    if (!(error instanceof ClientGone)) metrics.refusals.inc({ reason: asProblem(error).code });
  });
}
