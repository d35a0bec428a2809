// The OpenAPI document and its page, made from the schemas that check requests.

import type { FastifyInstance, FastifySchema } from 'fastify';
import { z } from 'zod';
import { programVersion } from '../version.js';
import { jsonSchema, problemAnswer } from './api.js';
import { problemCodes } from './problem.js';

/** The page and its parts, which swagger-ui serves from its package: nothing is loaded from elsewhere. */
export const documentationPath = '/docs';

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What a body of images may be, for the document; it isn't checked by a schema. */
const imageBody = (maxFiles: number) => ({
  content: {
    'application/octet-stream': { schema: { description: 'the bytes of one image file' } },
    'image/*': { schema: { description: 'the bytes of one image file' } },
    'multipart/form-data': {
      schema: {
        type: 'object',
        description: 'one or more image files; names mean nothing',
        properties: {
          image: {
            type: 'array',
            minItems: 1,
            maxItems: maxFiles,
            items: { type: 'string', format: 'binary' },
          },
        },
        required: ['image'],
        additionalProperties: false,
      },
    },
  },
});

/** What a route says of itself beside the schemas of its query and answers. */
interface RouteDocument {
  summary: string;
  description?: string;
  /** Media type of an answer that isn't JSON. */
  produces?: string;
  /** Whether it takes images. */
  takesImages?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For the OpenAPI document. Routes without it aren't in the document. */
    document?: RouteDocument;
    /** Answers without a token. */
    open?: boolean;
  }
}

/** What each status of a problem means. */
const reasons: Record<number, string> = {
  400: 'the query, or the form of the body, is wrong',
  401: 'the token is missing or wrong',
  403: 'a page of another site asks',
  408: 'the request came too slowly',
  413: 'too many bytes, or too many images',
  415: 'the body is of another type, or compressed',
  421: 'the Host header has another name than this machine',
  422: 'no image of the request can be used',
  431: 'the headers are too large',
  500: 'a fault of the service',
  503: 'too much to do, or stopping: Retry-After says when to come back',
};

const problemSchema = jsonSchema(problemAnswer, 'output');

/** Statuses of problems that a route can answer with. */
function problems({ takesImages = false }: RouteDocument, open: boolean): Record<number, object> {
  const general = [400, 403, 421, 431, 500, 503];
  const statuses = [...general, ...(open ? [] : [401]), ...(takesImages ? [408, 413, 415, 422] : [])];
  const known = new Set<number>(Object.values(problemCodes));
  const entries = statuses
    .filter((status) => known.has(status))
    .map((status) => [
      status,
      { description: reasons[status], content: { 'application/problem+json': { schema: problemSchema } } },
    ]);
  return Object.fromEntries(entries);
}

/** One route for the document. */
function describeRoute(
  schema: FastifySchema,
  document: RouteDocument,
  open: boolean,
  maxFiles: number,
): FastifySchema {
  const { querystring, response } = schema as { querystring?: z.ZodType; response?: Record<string, object> };
  const answer = response?.[200];
  const type = document.produces ?? 'application/json';
  const content = answer instanceof z.ZodType ? jsonSchema(answer, 'output') : { type: 'string' };
  return {
    summary: document.summary,
    ...(document.description === undefined ? {} : { description: document.description }),
    ...(querystring === undefined ? {} : { querystring: jsonSchema(querystring, 'input') }),
    ...(document.takesImages ? { body: imageBody(maxFiles) } : {}),
    ...(open ? { security: [] } : {}),
    response: {
      200: { description: 'the answer', content: { [type]: { schema: content } } },
      ...problems(document, open),
    },
  } as FastifySchema;
}

/** Adds `/openapi.json` and the page. To be called before the routes. */
export async function addDocumentation(
  app: FastifyInstance,
  demandsToken: boolean,
  maxFiles: number,
): Promise<void> {
  const { default: swagger } = await import('@fastify/swagger');
  const { default: swaggerPage } = await import('@fastify/swagger-ui');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ferlab',
        version: programVersion,
        description:
          'Recognises facial expressions in images. Images stay in memory until they are answered, and nowhere else.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      ...(demandsToken
        ? {
            components: { securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } } },
            security: [{ token: [] }],
          }
        : {}),
    },
    transform: ({ schema, url, route }) => {
      const { document, open = false } = route.config ?? {};
      if (document === undefined) return { schema: { hide: true }, url };
      return { schema: describeRoute(schema ?? {}, document, open || !demandsToken, maxFiles), url };
    },
  });
  await app.register(swaggerPage, {
    routePrefix: documentationPath,
    staticCSP: pagePolicy,
    theme: { title: 'ferlab' },
    uiConfig: { validatorUrl: null },
  });
}
