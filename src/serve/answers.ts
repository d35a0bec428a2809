// How refusals and failures are answered, whoever threw them: routes, Fastify, or Node's parser of HTTP.

import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, type ProblemCode, problemDocument, problemType } from './problem.js';

/** Seconds for all of a request. */
export const requestSeconds = 30;

/** Nobody reads the answer any more. */
export class ClientGone extends Error {}

/** A path that isn't there, or a method that it doesn't take. */
export function missing(app: FastifyInstance, request: FastifyRequest): Problem {
  const place = request.url.replace(/[?#].*$/, '');
  const allowed = app.supportedMethods.filter((method) => app.findRoute({ method, url: place }) !== null);
  if (allowed.length === 0) {
    return new Problem('not_found', 'path: expected one that /openapi.json lists, found another.');
  }
  const allow = allowed.join(', ');
  return new Problem('method_not_allowed', `method: expected ${allow}, found another.`, { allow });
}

/** Whatever was thrown, as a problem. Words of Fastify and Node stay here: they may quote the request. */
export function asProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  const { statusCode = 500, code = '' } = error as FastifyError;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || statusCode === 415) {
    return new Problem(
      'unsupported_media_type',
      'Content-Type: expected image/*, application/octet-stream or multipart/form-data, found another or none.',
    );
  }
  if (statusCode === 413) return new Problem('too_large', 'body: expected a smaller one.');
  if (statusCode === 503)
    return new Problem('stopping', 'expected a running service, found one that stops. Try again later.', {
      retryAfter: 5,
    });
  if (statusCode >= 400 && statusCode < 500)
    return new Problem('bad_request', 'request: expected one of a form that HTTP has, found another.');
  return new Problem('internal', 'expected an answer, found a fault of the service; its log says more.');
}

export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = asProblem(error);
  if (problem.code === 'internal' && !(error instanceof ClientGone))
    request.log.error({ err: error }, 'failed');
  const { retryAfter, allow } = problem.more;
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (allow !== undefined) reply.header('allow', allow);
  reply
    .code(problem.status)
    .header('content-type', problemType)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problemDocument(problem, request.id));
}

/** What Node can't read as HTTP, or what comes too slowly: answered on the socket, which is closed then. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const codes: Record<string, [ProblemCode, string]> = {
    ERR_HTTP_REQUEST_TIMEOUT: [
      'request_timeout',
      `request: expected all of it within ${requestSeconds} s, found less.`,
    ],
    HPE_HEADER_OVERFLOW: ['headers_too_large', 'headers: expected at most 16 KiB, found more.'],
  };
  const [code, detail] = codes[error.code ?? ''] ?? [
    'bad_request',
    'request: expected HTTP/1.1, found something else.',
  ];
  answerRaw(socket, new Problem(code, detail));
}

export function answerRaw(socket: Socket, problem: Problem): void {
  if (!socket.writable || socket.destroyed) return;
  const body = JSON.stringify(problemDocument(problem));
  const head = [
    `HTTP/1.1 ${problem.status} ${problemDocument(problem).title}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
