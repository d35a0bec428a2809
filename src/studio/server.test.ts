// Whom the studio's server answers, and with which files.

import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFile } from '../package-files.js';
import { openStudio } from './server.js';

const secret = 'nobody may read this';
const model = packageFile('docs/results/tiny/last.onnx');
const token = 'a-token-of-the-tests';

let folder = '';
let studio: FastifyInstance;
let port = 0;

const open = (more: Partial<Parameters<typeof openStudio>[0]> = {}) =>
  openStudio({
    folders: [path.join(folder, 'runs')],
    host: '127.0.0.1',
    token: null,
    page: path.join(folder, 'page'),
    ...more,
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ferlab-studio-'));
  await mkdir(path.join(folder, 'page/assets'), { recursive: true });
  await writeFile(path.join(folder, 'page/index.html'), '<!doctype html><title>page</title>');
  await writeFile(path.join(folder, 'page/assets/index-1234.js'), 'export {};');
  await writeFile(path.join(folder, 'page/.hidden'), secret);
  await writeFile(path.join(folder, 'secret.txt'), secret);
  await mkdir(path.join(folder, 'runs/a'), { recursive: true });
  await mkdir(path.join(folder, 'elsewhere'));
  await copyFile(model, path.join(folder, 'runs/a/last.onnx'));
  await copyFile(model, path.join(folder, 'runs/a/best.onnx'));
  await writeFile(path.join(folder, 'runs/a/other.onnx'), secret);
  const quick = packageFile('docs/results/quick/last.onnx');
  await copyFile(quick, path.join(folder, 'elsewhere/outside.onnx'));
  await symlink('../elsewhere', path.join(folder, 'runs/link'));
  await symlink('../../elsewhere/outside.onnx', path.join(folder, 'runs/a/link.onnx'));
  await symlink('..', path.join(folder, 'runs/a/circle'));
  studio = await open();
  await studio.listen({ host: '127.0.0.1', port: 0 });
  port = (studio.server.address() as AddressInfo).port;
});

afterAll(async () => {
  await studio.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A request as it is, with nothing of its path made right. */
function ask(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: target, method, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const listed = async () =>
  JSON.parse((await ask('/api/studio')).body) as {
    detector: string;
    points: string;
    models: { name: string; sha256: string; classes: string[] }[];
  };

describe('the page', () => {
  it('is isolated, and may load nothing from elsewhere and nothing inline', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(body).toContain('<title>page</title>');
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|https?:/);
  });

  it('has files that are kept for ever, since their names say what is in them', async () => {
    const { headers } = await ask('/assets/index-1234.js');
    expect(headers['cache-control']).toContain('immutable');
  });

  it('says what to do where it is not built', async () => {
    await expect(open({ page: path.join(folder, 'none') })).rejects.toThrow(/npm run studio/);
  });
});

describe('paths that lead out', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/%252e%252e/%252e%252e/secret.txt',
    '//etc/passwd',
    '/%2fetc%2fpasswd',
    '/.hidden',
    '/%2ehidden',
    '/index.html%00.js',
    '/assets/',
    '/api/models/../../secret.txt',
    '/api/models/..%2f..%2fsecret.txt',
    '/api/models/%2fetc%2fpasswd',
    '/api/models/last.onnx',
    '/api/models/runs%2fa%2flast.onnx',
    `/api/models/${'0'.repeat(64)}.onnx`,
    `/api/models/${'0'.repeat(64)}`,
    `/api/models/${'A'.repeat(64)}.onnx`,
    'http://127.0.0.1/../secret.txt',
  ])('%s is refused', async (target) => {
    const { status, body } = await ask(target);
    expect([400, 403, 404], `${status}`).toContain(status);
    expect(body).not.toContain(secret);
    expect(body).not.toContain(folder);
    expect(body).not.toContain('root:');
  });

  it.each(['POST', 'PUT', 'DELETE', 'TRACE'])('%s is refused', async (method) => {
    expect((await ask('/api/studio', {}, method)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('models', () => {
  it('are those below the folders and the one that comes with ferlab; links out of them are not followed', async () => {
    const { models } = await listed();
    expect(models.map(({ name }) => name)).toEqual(['ferlab', 'runs/a/best.onnx']);
    expect(models[1]!.classes).toContain('happy');
  });

  it('are given by their SHA-256, as are the files that find faces', async () => {
    const { models, detector, points } = await listed();
    for (const digest of [models[0]!.sha256, models[1]!.sha256, detector, points]) {
      const { status, headers } = await ask(`/api/models/${digest}.onnx`);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('application/octet-stream');
    }
  });

  it('that have changed, or became links, are no longer given', async () => {
    const other = await open();
    const file = path.join(folder, 'runs/a/changing.onnx');
    await copyFile(packageFile('docs/results/seed/best.onnx'), file);
    const found = (await other.inject('/api/studio')).json().models as { name: string; sha256: string }[];
    const { sha256 } = found.find(({ name }) => name === 'runs/a/changing.onnx')!;
    await writeFile(file, secret);
    expect((await other.inject(`/api/models/${sha256}.onnx`)).statusCode).toBe(404);
    await rm(file);
    await symlink('../../secret.txt', file);
    expect((await other.inject(`/api/models/${sha256}.onnx`)).statusCode).toBe(404);
    await rm(file);
    await other.close();
  });

  it('are looked for in folders alone', async () => {
    await expect(open({ folders: [path.join(folder, 'none')] })).rejects.toMatchObject({ kind: 'io' });
    await expect(open({ folders: [model] })).rejects.toMatchObject({ kind: 'io' });
  });
});

describe('pictures', () => {
  it('below the folders are offered, and nothing else is given', async () => {
    const file = path.join(folder, 'runs/a/face.png');
    await writeFile(file, 'a picture');
    await writeFile(path.join(folder, 'elsewhere/other.png'), secret);
    const { pictures } = (await listed()) as unknown as { pictures: { id: string; name: string }[] };
    expect(pictures.map(({ name }) => name)).toEqual(['runs/a/face.png']);
    const address = `/api/pictures/${pictures[0]!.id}`;
    const { status, body, headers } = await ask(address);
    expect([status, body, headers['content-type']]).toEqual([200, 'a picture', 'application/octet-stream']);
    await rm(file);
    await symlink('../../elsewhere/other.png', file);
    expect((await ask(address)).status).toBe(404);
    await rm(file);
    for (const other of ['..%2f..%2fsecret.txt', 'face.png', '0'.repeat(64), ''])
      expect((await ask(`/api/pictures/${other}`)).status).toBe(404);
  });
});

describe('who asks', () => {
  it.each([
    ['localhost', 200],
    ['localhost:7345', 200],
    ['127.0.0.1:7345', 200],
    ['[::1]:7345', 200],
    ['example.org', 421],
    ['localhost.example.org', 421],
    ['127.0.0.1.example.org', 421],
  ])('by the name %s gets %i', async (host, status) => {
    expect((await ask('/', { host })).status).toBe(status);
    expect((await ask('/api/studio', { host })).status).toBe(status);
  });

  it.each([
    [{ origin: 'http://localhost:7345' }, 200],
    [{ origin: 'http://localhost:7346' }, 403],
    [{ origin: 'https://example.org' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'file://' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'none' }, 200],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
  ])('with %j gets %i', async (headers, status) => {
    const given = headers as unknown as Record<string, string>;
    expect((await ask('/api/studio', { host: 'localhost:7345', ...given })).status).toBe(status);
  });

  it('needs the token on an address that others reach, but for the page, which holds nothing', async () => {
    const other = await open({ host: '0.0.0.0', token });
    const status = async (url: string, authorization?: string) =>
      (await other.inject({ url, headers: authorization === undefined ? {} : { authorization } })).statusCode;
    expect(await status('/')).toBe(200);
    expect(await status('/api/studio')).toBe(401);
    expect(await status('/api/studio', 'Bearer another-token-of-x')).toBe(401);
    expect(await status(`/api/models/${(await listed()).detector}.onnx`)).toBe(401);
    expect(await status('/api/studio', `Bearer ${token}`)).toBe(200);
    await other.close();
  });
});
