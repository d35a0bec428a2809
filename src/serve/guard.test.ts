// Who is answered, and what becomes of requests when there is no room or no time. Workers are stand-ins: see the end of
// test/serve/fake-worker.ts.

import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { answer, type FakeWorker, fakeWorkers } from '../../test/serve/fake-worker.js';
import { predict } from '../../test/serve/requests.js';
import { openService } from './service.js';
import { defaultSettings, type ServiceSettings } from './settings.js';

const token = 'a-token-of-the-tests';

async function open(
  settings: Partial<ServiceSettings>,
  work?: (worker: FakeWorker, ids: number[]) => void,
): Promise<{ service: FastifyInstance; workers: FakeWorker[] }> {
  const { start, workers } = fakeWorkers(work);
  const service = await openService(
    { ...defaultSettings, workers: 1, logLevel: 'silent', ...settings },
    start,
  );
  onTestFinished(() => service.close());
  return { service, workers };
}

const get = (service: FastifyInstance, url: string, headers: Record<string, string> = {}) =>
  service.inject({ url, headers: { host: 'localhost:8080', ...headers } });

describe('with a token', () => {
  it.each([
    ['none', undefined, 401],
    ['another', 'Bearer another-token-of-x', 401],
    ['a longer one', `Bearer ${token}x`, 401],
    ['another scheme', `Basic ${token}`, 401],
    ['the token', `Bearer ${token}`, 200],
  ])('answers a request with %s', async (_, authorization, status) => {
    const { service } = await open({ token, host: '0.0.0.0' });
    const headers = authorization === undefined ? {} : { authorization };
    const response = await predict(service, 'image', '', headers);
    expect(response.statusCode).toBe(status);
    if (status === 401) {
      expect(response.json()).toMatchObject({ code: 'unauthorized', status: 401 });
      expect(response.headers['www-authenticate']).toBe('Bearer realm="ferlab"');
      expect(response.body).not.toContain(token);
    }
  });

  it('hides what is served and counted, and shows that it lives', async () => {
    const { service } = await open({ token, host: '0.0.0.0' });
    const statuses = async (headers: Record<string, string>) =>
      Promise.all(
        ['/v1/models', '/metrics', '/healthz', '/readyz', '/openapi.json', '/docs', '/none'].map(
          async (url) => (await get(service, url, headers)).statusCode,
        ),
      );
    expect(await statuses({ host: 'example.org' })).toEqual([401, 401, 200, 200, 200, 200, 401]);
    expect(await statuses({ authorization: `Bearer ${token}` })).toEqual([200, 200, 200, 200, 200, 200, 404]);
  });

  it('says so in the OpenAPI document', async () => {
    const { service } = await open({ token });
    const document = (await get(service, '/openapi.json')).json();
    expect(document.components.securitySchemes).toEqual({ token: { type: 'http', scheme: 'bearer' } });
    expect(document.security).toEqual([{ token: [] }]);
    expect(document.paths['/healthz'].get.security).toEqual([]);
  });
});

describe('without a token, on this machine alone', () => {
  it.each([
    ['localhost:8080', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1:8080', 200],
    ['[::1]:8080', 200],
    ['rebound.example.org', 421],
    ['rebound.example.org:8080', 421],
    ['localhost.example.org', 421],
  ])('answers a request to the host %j with %i', async (host, status) => {
    const { service } = await open({});
    expect((await get(service, '/healthz', { host })).statusCode).toBe(status);
  });

  it.each([
    ['http://localhost:8080', 200],
    ['http://localhost:9090', 403],
    ['https://example.org', 403],
    ['null', 403],
  ])('answers a page of the origin %s with %i', async (origin, status) => {
    const { service } = await open({});
    expect((await get(service, '/healthz', { origin })).statusCode).toBe(status);
    const asked = await service.inject({
      method: 'OPTIONS',
      url: '/v1/predict',
      headers: { host: 'localhost:8080', origin, 'access-control-request-method': 'POST' },
    });
    expect(asked.statusCode).toBe(status === 200 ? 405 : 403);
    expect(asked.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a service that is full', () => {
  it('refuses at once, before it reads a body, and isn’t ready', async () => {
    const { service, workers } = await open({ queue: 16, batch: 1 }, () => {});
    const accepted = Array.from({ length: 17 }, () => predict(service, 'image'));
    await vi.waitFor(async () =>
      expect((await get(service, '/metrics')).body).toMatch(/^ferlab_queue_faces 16$/m),
    );
    const refused = await predict(service, Buffer.alloc(1024 * 1024));
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'overloaded' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await get(service, '/readyz')).json()).toMatchObject({ code: 'not_ready' });
    expect((await get(service, '/healthz')).statusCode).toBe(200);
    const [worker] = workers;
    for (let i = 0; i < 17; i++) {
      await vi.waitFor(() => expect(worker!.batches).toHaveLength(i + 1));
      worker!.finish(worker!.batches[i]!);
    }
    const statuses = (await Promise.all(accepted)).map(({ statusCode }) => statusCode);
    expect(statuses).toEqual(Array.from({ length: 17 }, () => 200));
    expect((await get(service, '/metrics')).body).toMatch(
      /^ferlab_refusals_total\{reason="overloaded"\} 1$/m,
    );
  });

  it('gives up what takes too long', async () => {
    const { service } = await open({ timeout: 0.03 }, () => {});
    const response = await predict(service, 'image');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ code: 'too_late' });
    expect((await get(service, '/readyz')).statusCode).toBeGreaterThanOrEqual(200);
  });
});

describe('closing', () => {
  it('answers what was accepted', async () => {
    const { service, workers } = await open({}, () => {});
    const accepted = predict(service, 'image');
    await vi.waitFor(() => expect(workers[0]!.batches).toHaveLength(1));
    const closed = service.close();
    workers[0]!.finish(workers[0]!.batches[0]!);
    expect((await accepted).json()).toMatchObject({ images: [(answer as { picture: object }).picture] });
    await closed;
  });
});

describe('the log', () => {
  it('has one line for each answer, with nothing of images, names and addresses', async () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
    onTestFinished(() => write.mockRestore());
    const { service } = await open({ logLevel: 'info' });
    const response = await predict(service, 'secret-bytes', '?model=secret-name');
    await vi.waitFor(() => expect(lines.some((line) => line.includes('/v1/predict'))).toBe(true));
    const entry = JSON.parse(lines.find((line) => line.includes('/v1/predict'))!);
    expect(entry).toMatchObject({
      ...{ level: 30, method: 'POST', route: '/v1/predict', status: 400, msg: 'answered' },
      request: response.headers['x-request-id'],
    });
    expect(Object.keys(entry).sort()).toEqual(
      ['level', 'method', 'milliseconds', 'msg', 'request', 'route', 'status', 'time'].sort(),
    );
    expect(lines.join('')).not.toMatch(/secret|127\.0\.0\.1/);
  });
});
