// What the service's routes take and answer: schemas that check requests, and from which the OpenAPI document is made.

import { z } from 'zod';
import { show } from '../check-options.js';
import { defaultMinFace } from '../faces/detector.js';
import { facesChoices } from '../faces/faces-choice.js';
import type { NoAnswer } from '../faces/recognised.js';
import { testTimeKinds } from '../predict/views.js';
import { Problem, type ProblemCode, problemCodes } from './problem.js';

/** Faces of one picture that are answered: each costs time. */
const mostFaces = 500;

const noAnswers = ['too small', 'too turned'] as const satisfies readonly NoAnswer[];

/** A whole number as a query writes it. */
function wholeNumber(lowest: number, highest: number, preset: number, description: string) {
  const read = (value: unknown) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  const number = z.int().min(lowest).max(highest).default(preset).meta({ description });
  return z.preprocess(read, number).meta({ expected: `a whole number from ${lowest} to ${highest}` });
}

const faceQuery = {
  min_face: wholeNumber(
    1,
    100_000,
    defaultMinFace,
    'faces whose longer side is shorter, in pixels, are left out',
  ),
  max_faces: wholeNumber(
    1,
    mostFaces,
    mostFaces,
    'only so many faces of a picture, those of the highest scores',
  ),
};

/** What a query may be; names that aren't here are refused. */
export const detectQuery = z.strictObject(faceQuery);
export type DetectQuery = z.infer<typeof detectQuery>;

/** @param models that are served. */
export function predictQuery(models: readonly string[]) {
  return z.strictObject({
    model: z
      .enum(models)
      .optional()
      .meta({
        description: 'name of the model, as /v1/models lists it; left out: the first of them',
        expected: `one of ${models.join(', ')}`,
      }),
    faces: z
      .enum(facesChoices)
      .default('auto')
      .meta({
        description:
          'auto: take images of at most 128 pixels whole and look for faces in the others; find: look in all; crop: take all whole',
        expected: `one of ${facesChoices.join(', ')}`,
      }),
    ...faceQuery,
    tta: z
      .enum(testTimeKinds)
      .default('none')
      .meta({
        description: 'test-time augmentation: the logits of several views of each face are averaged',
        expected: `one of ${testTimeKinds.join(', ')}`,
      }),
  });
}

export type PredictQuery = z.infer<ReturnType<typeof predictQuery>>;

export const noQuery = z.strictObject({});

const share = z.number().min(0).max(1);

/** A face that was found: types as in faces/recognised.ts. Lists, since the OpenAPI document can't hold tuples (swagger 9). */
const place = {
  box: z.array(z.number()).length(4).meta({
    description: 'x, y, width and height in pixels of the upright picture; it may reach outside the picture',
  }),
  score: share.meta({ description: 'how sure the detector is' }),
  points: z
    .array(z.array(z.number()).length(2))
    .length(5)
    .meta({ description: 'eyes, nose, corners of the mouth; left and right as in the picture' }),
};

const expression = {
  expression: z.string().meta({ description: 'the most probable class' }),
  probabilities: z.record(z.string(), share).meta({ description: 'by class; they sum to 1' }),
  ranking: z
    .array(z.object({ label: z.string(), probability: share }))
    .meta({ description: 'every class, the most probable first' }),
  uncertain: share.optional().meta({
    description:
      'how probable it is that the image is nothing like the faces that the model learned from; from 0.5 the rest means little. Missing where the model has no rule for it',
  }),
};

const placed = {
  ...place,
  roll: z
    .number()
    .meta({ description: 'degrees by which the line between the eyes is turned, clockwise above 0' }),
  side: z.number().meta({ description: 'of the square that is cut out, in pixels of the picture' }),
};

const size = {
  width: z.int().min(1).meta({ description: 'of the upright picture, in pixels' }),
  height: z.int().min(1),
};
const warning = z.string().optional().meta({ description: 'why the answer may mean nothing' });
const unusable = z.object({ error: z.string().meta({ description: "why this image can't be used" }) });
const ofTheRequest = { description: 'in the order of the request' };

export const predictAnswer = z.object({
  model: z.string(),
  images: z
    .array(
      z.union([
        z.object({
          ...size,
          faces: z
            .array(
              z.union([
                z.object({ ...placed, ...expression }),
                z.object({
                  ...placed,
                  reason: z.enum(noAnswers).meta({ description: 'why this face has no expression' }),
                }),
                z.object(expression).meta({ description: 'of an image that was taken whole' }),
              ]),
            )
            .meta({ description: 'highest score first' }),
          warning,
        }),
        unusable,
      ]),
    )
    .meta(ofTheRequest),
});

export type PredictAnswer = z.infer<typeof predictAnswer>;

export const detectAnswer = z.object({
  images: z
    .array(z.union([z.object({ ...size, faces: z.array(z.object(place)) }), unusable]))
    .meta(ofTheRequest),
});

export const modelsAnswer = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        classes: z.array(z.string()),
        input: z.object({ width: z.int().min(1), height: z.int().min(1) }),
        tta: z.array(z.enum(testTimeKinds)),
        sha256: z.string().meta({ description: "SHA-256 of the model's file" }),
      }),
    )
    .meta({ description: 'the first answers where a request names none' }),
});

export type ModelsAnswer = z.infer<typeof modelsAnswer>;

export const statusAnswer = z.object({ status: z.literal('ok') });

/** A problem document: RFC 9457. */
export const problemAnswer = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599),
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
