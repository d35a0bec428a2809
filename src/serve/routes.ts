// The service's routes.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ClientGone } from './answers.js';
import {
  type DetectQuery,
  detectAnswer,
  detectQuery,
  modelsAnswer,
  noQuery,
  type PredictQuery,
  predictAnswer,
  predictQuery,
  statusAnswer,
} from './api.js';
import type { Dispatcher } from './dispatcher.js';
import type { Metrics } from './metrics.js';
import { Problem } from './problem.js';
import type { Job, Outcome, ServedModel } from './protocol.js';
import { checkHeaders, readImages, Upload, type UploadBudget, type UploadLimits } from './uploads.js';

/** What the routes work with. */
export interface RouteParts {
  dispatcher: Dispatcher;
  metrics: Metrics;
  /** What is served, and the SHA-256 of each file, by name. */
  models: readonly ServedModel[];
  digests: ReadonlyMap<string, string>;
  limits: UploadLimits;
  budget: UploadBudget;
  /** Seconds after which a request is given up. */
  timeout: number;
}

/** Above this share of the queue the service says that it isn't ready for more. */
const readyShare = 0.75;

/** A signal that aborts when the client has gone, or the time is up. */
function patienceOf(reply: FastifyReply, seconds: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const onClose = () => {
    if (!reply.raw.writableFinished) controller.abort(new ClientGone());
  };
  const timer = setTimeout(() => {
    const detail = `expected an answer within ${seconds} s, found that it takes longer. Try again later, or send smaller images.`;
    controller.abort(new Problem('too_late', detail, { retryAfter: 1 }));
  }, 1000 * seconds);
  reply.raw.on('close', onClose);
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      reply.raw.off('close', onClose);
    },
  };
}

function chooseModel(models: readonly ServedModel[], { model: name, tta }: PredictQuery): ServedModel {
  const model = models.find((served) => served.name === name) ?? models[0]!;
  if (model.tta.includes(tta)) return model;
  throw new Problem(
    'bad_request',
    `query: tta: expected one of ${model.tta.join(', ')} for the model ${model.name}, which was trained on whole images; got ${tta}.`,
  );
}

/** The pictures of a request. @throws Problem `unusable_image` where no image could be used. */
function picturesOf(outcomes: readonly Outcome[], metrics: Metrics): object[] {
  const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
  metrics.unusable.inc(failed.length);
  if (failed.length === outcomes.length) {
    if (failed.length === 1) throw new Problem('unusable_image', failed[0]!.error);
    throw new Problem('unusable_image', 'expected images, found none that can be used.', { images: failed });
  }
  const images = outcomes.map((outcome) => ('error' in outcome ? outcome : outcome.picture));
  metrics.faces.inc(images.reduce((sum, image) => sum + ('faces' in image ? image.faces.length : 0), 0));
  return images;
}

/** Refuses before a body is read what won't be taken. */
function refuseEarly(
  { dispatcher, limits }: RouteParts,
  request: FastifyRequest,
  _: FastifyReply,
  done: (error?: Error) => void,
): void {
  try {
    if (dispatcher.isFull) throw dispatcher.overloaded();
    checkHeaders(request.headers, limits);
    done();
  } catch (error) {
    done(error as Error);
  }
}

/** Reads the images of a request, has the workers look at them, and gives what they are. */
async function lookAt(
  { dispatcher, metrics, limits, budget, timeout }: RouteParts,
  request: FastifyRequest,
  reply: FastifyReply,
  job: Omit<Job, 'bytes'>,
): Promise<object[]> {
  const upload = new Upload(limits, budget);
  reply.raw.on('close', () => upload.release());
  const images = await readImages(request, upload, limits);
  const patience = patienceOf(reply, timeout);
  try {
    const jobs = images.map((bytes): Job => ({ ...job, bytes }));
    return picturesOf(await dispatcher.submit(jobs, patience.signal), metrics);
  } finally {
    patience.end();
  }
}

const formats = 'Images are JPEG, PNG, WebP, GIF (first frame), TIFF (first page) or BMP.';
const inForms = 'Where several are sent in a form, those that cannot be used have an error in their place.';

/** The routes that look at images. */
export function addPredicting(app: FastifyInstance, parts: RouteParts): void {
  const { models, digests } = parts;
  const early = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) =>
    refuseEarly(parts, request, reply, done);
  const names = models.map(({ name }) => name);
  const querystring = predictQuery(names);
  app.post<{ Querystring: PredictQuery }>(
    '/v1/predict',
    {
      onRequest: early,
      schema: { querystring, response: { 200: predictAnswer } },
      config: {
        document: {
          summary: 'Recognise the expressions in one image or several',
          description: `${formats} ${inForms} Faces without an expression say why.`,
          takesImages: true,
        },
      },
    },
    async (request, reply) => {
      const { faces, tta, min_face: minFace, max_faces: maxFaces } = request.query;
      const model = chooseModel(models, request.query).name;
      const recognise = { model, tta, faces };
      return { model, images: await lookAt(parts, request, reply, { recognise, minFace, maxFaces }) };
    },
  );
  app.get(
    '/v1/models',
    {
      schema: { querystring: noQuery, response: { 200: modelsAnswer } },
      config: { document: { summary: 'The models that are served' } },
    },
    async () => ({ models: models.map((model) => ({ ...model, sha256: digests.get(model.name)! })) }),
  );
  app.post<{ Querystring: DetectQuery }>(
    '/v1/detect',
    {
      onRequest: early,
      schema: { querystring: detectQuery, response: { 200: detectAnswer } },
      config: {
        document: {
          summary: 'Find the faces in one image or several',
          description: `${formats} ${inForms}`,
          takesImages: true,
        },
      },
    },
    async (request, reply) => {
      const { min_face: minFace, max_faces: maxFaces } = request.query;
      return { images: await lookAt(parts, request, reply, { recognise: null, minFace, maxFaces }) };
    },
  );
}

/** The routes by which the service is watched. */
export function addWatching(app: FastifyInstance, { dispatcher, metrics }: RouteParts): void {
  const schema = { querystring: noQuery, response: { 200: statusAnswer } };
  app.get(
    '/healthz',
    { schema, config: { open: true, document: { summary: 'Whether the process answers' } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    { schema, config: { open: true, document: { summary: 'Whether it can take requests now' } } },
    async () => {
      const { ready, waiting, limit } = dispatcher;
      if (ready > 0 && waiting <= readyShare * limit) return { status: 'ok' as const };
      const found = ready === 0 ? 'no worker that is ready' : `${waiting} faces that wait`;
      throw new Problem(
        'not_ready',
        `expected workers that are ready and at most ${Math.floor(readyShare * limit)} faces that wait, found ${found}.`,
        { retryAfter: dispatcher.retryAfter },
      );
    },
  );
  app.get(
    '/metrics',
    {
      schema: { querystring: noQuery },
      config: {
        document: { summary: 'Figures for Prometheus', produces: 'text/plain' },
      },
    },
    async (_, reply) => {
      reply.type(metrics.registry.contentType);
      return metrics.registry.metrics();
    },
  );
}
