// What the service's routes take and answer: schemas that check requests, and from which the OpenAPI document is made.

import { z } from 'zod';
import { show } from '../check-options.js';
import { testTimeKinds } from '../predict/views.js';
import { Problem, type ProblemCode, problemCodes } from './problem.js';

/** Of a client's query; names that aren't here are refused. */
export const predictQuery = z.strictObject({
  model: z.string().max(200).optional().meta({
    description: 'name of the model, as /v1/models lists it; left out: the first of them',
    expected: 'the name of a model',
  }),
  tta: z
    .enum(testTimeKinds)
    .default('none')
    .meta({
      description: 'test-time augmentation: the logits of several views of each face are averaged',
      expected: `one of ${testTimeKinds.join(', ')}`,
    }),
});

export type PredictQuery = z.infer<typeof predictQuery>;

export const noQuery = z.strictObject({});

const share = z.number().min(0).max(1);

const expression = z.object({
  expression: z.string().meta({ description: 'the most probable class' }),
  probabilities: z.record(z.string(), share).meta({ description: 'by class; they sum to 1' }),
  ranking: z
    .array(z.object({ label: z.string(), probability: share }))
    .meta({ description: 'every class, the most probable first' }),
});

const picture = z.object({
  width: z.int().meta({ description: 'of the upright picture, in pixels' }),
  height: z.int(),
  faces: z.array(expression),
  warning: z.string().optional().meta({ description: 'why the answer may mean nothing' }),
});

const unusable = z.object({ error: z.string().meta({ description: "why this image can't be used" }) });

export const predictAnswer = z.object({
  model: z.string(),
  images: z.array(z.union([picture, unusable])).meta({ description: 'in the order of the request' }),
});

export type PredictAnswer = z.infer<typeof predictAnswer>;

export const modelsAnswer = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        classes: z.array(z.string()),
        input: z.object({ width: z.int(), height: z.int() }),
        tta: z.array(z.enum(testTimeKinds)),
        sha256: z.string().meta({ description: "SHA-256 of the model's file" }),
      }),
    )
    .meta({ description: 'the first answers where a request names none' }),
});

export const statusAnswer = z.object({ status: z.literal('ok') });

/** A problem document: RFC 9457. */
export const problemAnswer = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(problemCodes) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string(),
  instance: z.string().optional().meta({ description: 'of the request, as in the header X-Request-Id' }),
  images: z.array(unusable).optional(),
});

/** A query as its schema reads it. @throws Problem `bad_request` */
export function readQuery(schema: z.ZodObject, query: unknown): Record<string, unknown> {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const names = Object.keys(schema.shape);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined) {
    const expected = names.length === 0 ? 'no query' : `settings among ${names.join(', ')}`;
    throw new Problem('bad_request', `query: expected ${expected}; got ${show(unknown)}.`);
  }
  const name = String(issue.path[0]);
  const { expected } = schema.shape[name]!.meta() as { expected: string };
  const found = show((query as Record<string, unknown>)[name]);
  throw new Problem('bad_request', `query: ${name}: expected ${expected}, got ${found}.`);
}

/** A schema as JSON Schema, for the OpenAPI document. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    // What messages say isn't part of the contract.
    override: ({ jsonSchema: target }) => {
      delete (target as Record<string, unknown>).expected;
    },
  });
  return rest as Record<string, unknown>;
}
