// Requests of people who mean no good, or of programs that are wrong: each is refused, in bounded time, and nothing is left of
// it. More of them: FERLAB_GENERATED_REQUESTS=10000 npx vitest run src/serve/hostile.test.ts

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generatedRequests } from '../../test/serve/generated.js';
import { rawData, rawForms, statusesOf } from '../../test/serve/raw.js';
import { picture, predict } from '../../test/serve/requests.js';
import { decodeGray } from '../decode/decode.js';
import { problemAnswer } from './api.js';
import { createService } from './service.js';

const count = Number(process.env.FERLAB_GENERATED_REQUESTS ?? 600);
const seed = 26;
/** Seconds for one request, on a machine that does other work too. */
const most = 5;
/** Of the service below, in pixels. */
const maxPixels = 1e6;

let service: FastifyInstance;
beforeAll(async () => {
  service = await createService({
    workers: 1,
    maxMegabytes: 2,
    maxMegapixels: 1,
    maxFiles: 4,
    logLevel: 'silent',
  });
  await service.listen({ port: 0 });
});
afterAll(() => service?.close());

/** Whether some of the images can be decoded: then the request is a right one. */
async function areUsable(images: readonly Buffer[]): Promise<boolean> {
  const decoded = await Promise.allSettled(images.map((image) => decodeGray(image, maxPixels)));
  return decoded.some(({ status }) => status === 'fulfilled');
}

it(`refuses ${count} generated requests with a problem document, each in bounded time`, async () => {
  const statuses = new Map<string, number>();
  const requests = fc.sample(await generatedRequests(), { numRuns: count, seed });
  for (const [i, { kind, images, headers, ...request }] of requests.entries()) {
    const start = performance.now();
    const response = await service.inject({
      ...(request as { method: 'POST'; url: string; payload: Buffer }),
      headers: { host: 'localhost', ...headers },
    });
    const shown = `request ${i}, ${kind}: ${response.body}`;
    expect((performance.now() - start) / 1000, shown).toBeLessThan(most);
    const status = response.statusCode;
    statuses.set(`${kind} ${status}`, (statuses.get(`${kind} ${status}`) ?? 0) + 1);
    if (status === 200) {
      expect(images && (await areUsable(images)), shown).toBe(true);
      continue;
    }
    expect(status, shown).toBeGreaterThanOrEqual(400);
    expect(status, shown).toBeLessThan(500);
    expect(problemAnswer.parse(response.json()).status).toBe(status);
    expect(response.body).not.toMatch(/node_modules|\/src\/|\.js:|passwd/);
  }
  if (process.env.FERLAB_GENERATED_REQUESTS) console.log(Object.fromEntries([...statuses].sort()));
}, 600_000);

const rawCount = Math.ceil(count / 10);

it(`refuses connections that bring no request, ${rawCount} of generated data too, and answers nothing that is hidden in one`, async () => {
  const { port } = service.server.address() as AddressInfo;
  const cases = [...rawForms, ...fc.sample(rawData, { numRuns: rawCount, seed })];
  for (const text of cases) {
    const { statuses, seconds, closed } = await statusesOf(port, text, 1000 * most);
    const shown = JSON.stringify(text.slice(0, 300));
    expect(closed, shown).toBe(true);
    expect(seconds, shown).toBeLessThan(most);
    expect(statuses, shown).toHaveLength(1);
    expect(statuses[0], shown).toBeGreaterThanOrEqual(400);
    expect(statuses[0], shown).toBeLessThan(500);
  }
}, 600_000);

it('is as it was, after all of them', async () => {
  const response = await predict(service, await picture());
  expect(response.statusCode).toBe(200);
  const { body } = await service.inject({ url: '/metrics', headers: { host: 'localhost' } });
  expect(body).toMatch(/^ferlab_upload_bytes 0$/m);
  expect(body).toMatch(/^ferlab_queue_faces 0$/m);
  expect(body).toMatch(/^ferlab_worker_restarts_total 0$/m);
  if (process.env.FERLAB_GENERATED_REQUESTS)
    console.log(readFileSync('/proc/self/status', 'utf8').match(/VmRSS.*/)?.[0], process.memoryUsage());
});
