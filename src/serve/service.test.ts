// The service without a socket, with a worker process and the model that comes with ferlab.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redDetector, redPicture } from '../../test/data/red-detector.js';
import { form, picture, predict } from '../../test/serve/requests.js';
import { findFaces } from '../faces/find-faces.js';
import { recognise } from '../faces/recognise.js';
import { faceJson, pictureFacesJson } from '../faces/recognised.js';
import { loadModel } from '../predict-files/load-model.js';
import { openFaceDetector } from '../predict-files/open-face-detector.js';
import { detectAnswer, modelsAnswer, predictAnswer, problemAnswer } from './api.js';
import { createService } from './service.js';

let service: FastifyInstance;
let png: Buffer;
/** 300 x 200 pixels with two faces, to the detector of the tests, which takes red squares for faces. */
let photograph: Buffer;
const folder = mkdtempSync(path.join(tmpdir(), 'ferlab-serve-'));
const detector = redDetector({ settings: { threshold: 0.5, smallest: 16, largest: 320 } });

beforeAll(async () => {
  writeFileSync(path.join(folder, 'red.onnx'), detector);
  const { data, width, height } = redPicture(300, 200, [
    [104, 48],
    [200, 96],
  ]);
  photograph = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  service = await createService({
    workers: 1,
    maxMegabytes: 1,
    maxFiles: 3,
    maxMegapixels: 1,
    detector: path.join(folder, 'red.onnx'),
    logLevel: 'silent',
  });
  png = await picture();
});
afterAll(async () => {
  await service?.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string) => service.inject({ url, headers: { host: 'localhost' } });
const post = (url: string, payload: Buffer) =>
  service.inject({
    method: 'POST',
    url,
    headers: { host: 'localhost', 'content-type': 'image/png' },
    payload,
  });
const sendForm = (...parts: Parameters<typeof form>[0]) =>
  service.inject({ method: 'POST', url: '/v1/predict', ...form(parts) });

describe('POST /v1/predict', () => {
  it('gives the answer of the library, for an image as it is', async () => {
    const response = await predict(service, png);
    expect(response.statusCode).toBe(200);
    expect(predictAnswer.parse(response.json())).toEqual(response.json());
    await using model = await loadModel(undefined, { threads: 1 });
    const expected = await model.predict(png);
    expect(response.json()).toEqual({ model: 'box', images: [{ width: 48, height: 48, faces: [expected] }] });
  });

  it('takes several images in a form, in their order, and says which of them can not be used', async () => {
    const jpeg = await picture('jpeg', 64, 32);
    const response = await sendForm({ bytes: png }, { bytes: 'no image' }, { bytes: jpeg, name: 'other' });
    expect(response.statusCode).toBe(200);
    const { images } = predictAnswer.parse(response.json());
    expect(images).toMatchObject([
      { width: 48, height: 48 },
      { error: expect.stringMatching(/^expected a JPEG/) },
      { width: 64, height: 32 },
    ]);
  });

  it('averages views of a face where that is asked for', async () => {
    const [plain, flip, crops] = await Promise.all(
      ['', '?tta=flip', '?tta=ten-crop&model=box'].map((query) => predict(service, png, query)),
    );
    expect([plain?.statusCode, flip?.statusCode, crops?.statusCode]).toEqual([200, 200, 200]);
    expect(new Set([plain!.body, flip!.body, crops!.body]).size).toBe(3);
    await using model = await loadModel(undefined, { threads: 1, tta: 'flip' });
    expect(flip!.json().images[0].faces).toEqual([await model.predict(png)]);
  });

  it('warns of an image of one grey level', async () => {
    const blank = await predict(service, Buffer.from(await blankPng()));
    expect(blank.json().images[0].warning).toBe('expected a face, found an image of one grey level (128)');
  });

  it.each([
    ['?tta=crops', 400, 'query: tta: expected one of none, flip, ten-crop, got "crops".'],
    ['?tta=flip&tta=flip', 400, 'query: tta: expected one of none, flip, ten-crop, got a list of 2.'],
    ['?modl=box', 400, 'query: expected settings among model, faces, min_face, max_faces, tta; got "modl".'],
    ['?model=/etc/passwd', 400, 'query: model: expected one of box, got "/etc/passwd".'],
    ['?__proto__=1', 400, /^query: expected settings among model, faces/],
    ['?faces=all', 400, 'query: faces: expected one of auto, find, crop, got "all".'],
    ['?min_face=0', 400, 'query: min_face: expected a whole number from 1 to 100000, got "0".'],
    ['?max_faces=1e2', 400, 'query: max_faces: expected a whole number from 1 to 500, got "1e2".'],
    ['?max_faces=NaN', 400, 'query: max_faces: expected a whole number from 1 to 500, got "NaN".'],
    ['?min_face=', 400, 'query: min_face: expected a whole number from 1 to 100000, got "".'],
    [`?model=${'a'.repeat(300)}`, 400, /^query: model: expected one of box, got "a{97} \.\.\. /],
  ])('refuses the query %s', async (query, status, detail) => {
    const response = await predict(service, png, query);
    expect(response.statusCode).toBe(status);
    const problem = problemAnswer.parse(response.json());
    if (typeof detail === 'string') expect(problem.detail).toBe(detail);
    else expect(problem.detail).toMatch(detail);
    expect(problem.instance).toBe(`urn:uuid:${response.headers['x-request-id']}`);
  });

  it.each([
    ['an empty body', '', {}, 422, 'unusable_image'],
    ['other data', 'hello', {}, 422, 'unusable_image'],
    ['a truncated image', () => png.subarray(0, 60), {}, 422, 'unusable_image'],
    ['an image of too many pixels', () => picture('png', 1001, 1000), {}, 422, 'unusable_image'],
    ['a type that is none', () => png, { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    [
      'JSON',
      '{"url": "http://localhost/"}',
      { 'content-type': 'application/json' },
      415,
      'unsupported_media_type',
    ],
    ['compression', () => png, { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['too many bytes', () => Buffer.alloc(1024 * 1024 + 1), {}, 413, 'too_large'],
    ['far too many bytes', () => Buffer.alloc(3 * 1024 * 1024), {}, 413, 'too_large'],
    ['a form without a boundary', () => png, { 'content-type': 'multipart/form-data' }, 400, 'bad_request'],
    [
      'a form that is none',
      () => png,
      { 'content-type': 'multipart/form-data; boundary=x' },
      400,
      'bad_request',
    ],
  ])('refuses %s', async (_, body, headers, status, code) => {
    const payload = typeof body === 'function' ? await body() : body;
    const response = await predict(service, payload, '', headers as Record<string, string>);
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problemAnswer.parse(response.json())).toMatchObject({ status, code });
    expect(response.body).not.toMatch(/node_modules|\.ts|\.js|at \w+ \(/);
  });

  it.each([
    ['a field', [{ bytes: 'x', file: null }], 400],
    ['a field beside a file', [{ bytes: 'x' }, { bytes: 'x', file: null }], 400],
    ['an empty file', [{ bytes: '' }], 422],
    ['no file', [], 400],
    ['too many files', [1, 2, 3, 4].map(() => ({ bytes: 'x' })), 413],
    ['too many bytes', [1, 2].map(() => ({ bytes: Buffer.alloc(700_000) })), 413],
    ['a name of the prototype', [{ bytes: 'x', name: '__proto__' }], 400],
    ['images that can not be used', [{ bytes: 'x' }, { bytes: 'y' }], 422],
  ])('refuses a form with %s', async (_, parts, status) => {
    const response = await sendForm(...parts);
    expect(problemAnswer.parse(response.json())).toMatchObject({ status });
    expect(response.statusCode).toBe(status);
  });

  it('refuses a form that the reader of forms would never end with', async () => {
    const { headers, payload } = form([{ bytes: 'x' }, { bytes: 'broken off', name: '__proto__' }]);
    const response = await service.inject({
      method: 'POST',
      url: '/v1/predict',
      headers,
      payload: payload.subarray(0, -50),
    });
    expect(response.statusCode).toBe(400);
  });

  it('says of every image of a form why it can not be used', async () => {
    const response = await sendForm({ bytes: 'x' }, { bytes: png.subarray(0, 60) });
    expect(response.json().images).toEqual([
      { error: expect.stringMatching(/^expected a JPEG/) },
      { error: expect.stringMatching(/^expected an undamaged image/) },
    ]);
  });

  it('holds nothing once all is answered', async () => {
    await Promise.all([
      predict(service, png),
      predict(service, 'x'),
      sendForm({ bytes: png }, { bytes: 'x', file: null }),
    ]);
    const { body } = await get('/metrics');
    expect(body).toMatch(/^ferlab_upload_bytes 0$/m);
    expect(body).toMatch(/^ferlab_queue_faces 0$/m);
  });
});

describe('photographs', () => {
  it('have the faces and expressions that the library finds', async () => {
    const response = await post('/v1/predict?min_face=16', photograph);
    expect(response.statusCode).toBe(200);
    await using model = await loadModel(undefined, { threads: 1 });
    await using finder = await openFaceDetector(detector, { threads: 1 });
    const found = await recognise(photograph, { detector: finder, model }, { minFace: 16 });
    expect(found.faces).toHaveLength(2);
    const { images } = response.json();
    expect(images).toEqual([pictureFacesJson(found)]);
    expect(predictAnswer.parse(response.json()).images).toEqual(images);
  });

  it('are searched or taken whole as the query says', async () => {
    const facesOf = async (query: string, image: Buffer) =>
      (await post(`/v1/predict${query}`, image)).json().images[0].faces as object[];
    expect(await facesOf('?faces=crop', photograph)).toEqual([
      expect.not.objectContaining({ box: expect.anything() }),
    ]);
    expect(await facesOf('?min_face=16&max_faces=1', photograph)).toHaveLength(1);
    expect(await facesOf('?min_face=100', photograph)).toEqual([]);
    expect(await facesOf('', png)).toHaveLength(1);
    expect(await facesOf('?faces=find', png)).toEqual([]);
  });

  it('without a face may be crops, which the answer says', async () => {
    const { images } = (await post('/v1/predict?faces=find', png)).json();
    expect(images[0].warning).toMatch(/^found no face\. If the picture is a crop of one, .*faces=crop/);
  });

  it('have their faces alone from /v1/detect', async () => {
    const response = await post('/v1/detect?min_face=16', photograph);
    await using finder = await openFaceDetector(detector, { threads: 1 });
    const { faces, ...size } = await findFaces(photograph, finder, { minFace: 16 });
    expect(response.json()).toEqual({ images: [{ ...size, faces: faces.map(faceJson) }] });
    expect(detectAnswer.parse(response.json())).toEqual(response.json());
    expect((await post('/v1/detect?tta=flip', photograph)).statusCode).toBe(400);
    expect((await post('/v1/detect', Buffer.from('x'))).statusCode).toBe(422);
  });
});

describe('the other routes', () => {
  it('name the models', async () => {
    const { models } = modelsAnswer.parse((await get('/v1/models')).json());
    expect(models).toMatchObject([
      { name: 'box', input: { width: 48, height: 48 }, tta: ['none', 'flip', 'ten-crop'] },
    ]);
    expect(models[0]!.classes).toHaveLength(7);
    expect(models[0]!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('say that the process answers and can take requests', async () => {
    expect((await get('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await get('/readyz')).json()).toEqual({ status: 'ok' });
  });

  it('count what happened', async () => {
    const { body, headers } = await get('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    for (const name of [
      'ferlab_requests_total{route="/v1/predict",status="200"}',
      'ferlab_refusals_total{reason="too_large"}',
      'ferlab_faces_total',
      'ferlab_unusable_images_total',
      'ferlab_batch_faces_count',
      'ferlab_queue_wait_seconds_count',
      'ferlab_compute_seconds_count',
      'ferlab_decode_seconds_count',
    ]) {
      const line = body.split('\n').find((text) => text.startsWith(`${name} `));
      expect(Number(line?.split(' ').at(-1)), name).toBeGreaterThan(0);
    }
    expect(body).toMatch(/^ferlab_worker_restarts_total 0$/m);
    expect(body).toMatch(/^ferlab_workers_ready 1$/m);
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it.each([
    ['GET', '/v1/predict', 405, 'POST'],
    ['DELETE', '/healthz', 405, 'GET, HEAD'],
    ['PROPFIND', '/healthz', 405, 'GET, HEAD'],
    ['GET', '/v1', 404, undefined],
    ['GET', '/v1/predict/../../etc/passwd', 404, undefined],
    ['POST', '/%00', 404, undefined],
    ['GET', '/%zz', 400, undefined],
    ['GET', '/healthz?verbose=1', 400, undefined],
  ])('answer %s %s with %i', async (method, url, status, allow) => {
    const response = await service.inject({ method: method as 'GET', url, headers: { host: 'localhost' } });
    expect(response.statusCode).toBe(status);
    expect(response.headers.allow).toBe(allow);
    expect(problemAnswer.parse(response.json()).status).toBe(status);
  });

  it.each(['/healthz', '/readyz', '/nowhere'])(
    'forbid what a page of another site could do with the answer of %s',
    async (url) => {
      const { headers } = await get(url);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none';base-uri 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers.server ?? headers['x-powered-by']).toBeUndefined();
    },
  );
});

it.each([[null], [42], [[]], ['box']])('options that are none are refused: %j', async (options) => {
  await expect(createService(options as never)).rejects.toMatchObject({
    kind: 'usage',
    message: expect.stringMatching(/^createService: expected an object with settings, got /),
  });
});

describe('the OpenAPI document', () => {
  it('has every route, its query, bodies and answers', async () => {
    const document = (await get('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/detect',
      '/v1/models',
      '/v1/predict',
    ]);
    const { post } = document.paths['/v1/predict'];
    expect(post.parameters).toMatchObject([
      { in: 'query', name: 'model', schema: { enum: ['box'] } },
      { in: 'query', name: 'faces', schema: { enum: ['auto', 'find', 'crop'], default: 'auto' } },
      { in: 'query', name: 'min_face', schema: { type: 'integer', minimum: 1, default: 20 } },
      { in: 'query', name: 'max_faces', schema: { type: 'integer', maximum: 500 } },
      { in: 'query', name: 'tta', schema: { enum: ['none', 'flip', 'ten-crop'], default: 'none' } },
    ]);
    expect(Object.keys(post.requestBody.content)).toEqual([
      'application/octet-stream',
      'image/*',
      'multipart/form-data',
    ]);
    expect(post.responses['200'].content['application/json'].schema.required).toEqual(['model', 'images']);
    for (const status of [400, 408, 413, 415, 422, 503]) {
      expect(Object.keys(post.responses[status].content)).toEqual(['application/problem+json']);
    }
    expect(JSON.stringify(document)).not.toContain('"expected"');
  });

  it('has a page that loads nothing from elsewhere', async () => {
    const page = await get('/docs');
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect((await get('/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
    expect((await get('/docs/static/swagger-initializer.js')).body).toContain('"validatorUrl":null');
  });
});

async function blankPng(): Promise<Buffer> {
  return sharp(Buffer.alloc(48 * 48, 128), { raw: { width: 48, height: 48, channels: 1 } })
    .png()
    .toBuffer();
}
