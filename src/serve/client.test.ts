import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { answer, fakeWorkers } from '../../test/serve/fake-worker.js';
import { classesOnServer, predictOnServer, type ServerQuestion } from './client.js';
import type { Outcome } from './protocol.js';
import { openService } from './service.js';
import { defaultSettings, type ServiceSettings } from './settings.js';

let folder = '';
const files = ['a.png', 'b.png', 'c.png'];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ferlab-client-'));
  for (const name of files) writeFileSync(path.join(folder, name), name);
  writeFileSync(path.join(folder, 'empty.png'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string) => path.join(folder, name);

/** A service whose worker answers as `outcome` says, by the number of the image. */
async function serve(
  outcome: (id: number) => Outcome = () => answer,
  settings: Partial<ServiceSettings> = {},
): Promise<string> {
  const { start } = fakeWorkers((worker, ids) => {
    worker.say({ type: 'answers', answers: ids.map((id) => ({ id, outcome: outcome(id) })) });
    worker.say({ type: 'idle', decodeSeconds: 0, computeSeconds: 0 });
  });
  const service = await openService(
    { ...defaultSettings, workers: 1, logLevel: 'silent', ...settings },
    start,
  );
  onTestFinished(() => service.close());
  return service.listen({ port: 0 });
}

async function ask(
  paths: readonly string[],
  question: ServerQuestion,
  signal = new AbortController().signal,
) {
  const found = [];
  for await (const prediction of predictOnServer(paths, question, signal)) found.push(prediction);
  return found;
}

describe('the client', () => {
  it('asks about files and folders, and gives what predictFiles gives', async () => {
    const face = { box: [1, 2, 3, 4], score: 0.9, points: [[1, 1]], roll: 0, side: 30, reason: 'too small' };
    const outcomes: Outcome[] = [
      answer,
      { error: 'expected a JPEG' },
      { picture: { width: 9, height: 8, faces: [face as never], warning: 'w' } },
    ];
    const url = await serve((id) => outcomes[id]!, { batch: 1 });
    const [prediction] = (answer as { picture: { faces: object[] } }).picture.faces;
    const found = [];
    for (const name of files) found.push(...(await ask([inFolder(name)], { url })));
    expect(found).toEqual([
      { file: inFolder('a.png'), ...prediction },
      { file: inFolder('b.png'), error: 'expected a JPEG' },
      {
        ...{ file: inFolder('c.png'), width: 9, height: 8, warning: 'w' },
        faces: [{ ...face, box: { x: 1, y: 2, width: 3, height: 4 } }],
      },
    ]);
  });

  it('keeps the order of the files, and says what can not be sent', async () => {
    const url = await serve();
    const found = await ask([folder, inFolder('none.png')], { url: `${url}/` });
    expect(found.map(({ file }) => path.basename(file))).toEqual([...files, 'empty.png', 'none.png']);
    expect(found.map((one) => 'error' in one)).toEqual([false, false, false, true, true]);
  });

  it('knows the classes, and refuses a model that the service lacks', async () => {
    const url = await serve();
    expect(await classesOnServer({ url })).toEqual(['happy', 'sad']);
    await expect(classesOnServer({ url, model: 'x' })).rejects.toThrow(
      /^--model: expected one of the service's models, box; got "x"/,
    );
  });

  it('sends the token, and says where that is wrong', async () => {
    const token = 'a-token-of-the-tests';
    const url = await serve(undefined, { token });
    expect(await ask([inFolder('a.png')], { url, token })).toHaveLength(1);
    await expect(ask([inFolder('a.png')], { url })).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/expected the token .* FERLAB_SERVE_TOKEN, found none/),
    });
  });

  it('comes back where a service has no room', async () => {
    const url = await serve();
    let refusals = 2;
    const busy = createServer((request, response) => {
      if (refusals-- > 0) {
        request.resume();
        response.writeHead(503, { 'retry-after': '0' }).end('{"detail":"full","code":"overloaded"}');
        return;
      }
      request.resume();
      void fetch(`${url}/v1/predict`, { method: 'POST', headers: { 'content-type': 'image/png' }, body: 'x' })
        .then((answered) => answered.text())
        .then((text) => response.end(text));
    }).listen(0);
    onTestFinished(() => {
      busy.close();
    });
    const { port } = busy.address() as AddressInfo;
    expect(await ask([inFolder('a.png')], { url: `http://127.0.0.1:${port}` })).toMatchObject([
      { expression: 'happy' },
    ]);
    expect(refusals).toBe(-1);
  });

  it.each([
    ['ftp://localhost', 'usage', /expected the address of a service/],
    ['localhost:8080', 'usage', /expected the address of a service/],
    ['http://127.0.0.1:1', 'io', /expected a running service, found none/],
  ])('refuses %s', async (url, kind, message) => {
    await expect(ask([inFolder('a.png')], { url })).rejects.toMatchObject({
      kind,
      message: expect.stringMatching(message),
    });
  });

  it('refuses an answer of another program', async () => {
    const other = createServer((_, response) => response.writeHead(404).end('<html>')).listen(0);
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    await expect(ask([inFolder('a.png')], { url: `http://127.0.0.1:${port}` })).rejects.toThrow(
      /found 404: no problem document; is this the address of "ferlab serve"\?/,
    );
  });

  it('stops where it is told to', async () => {
    const url = await serve();
    await expect(ask([folder], { url }, AbortSignal.abort())).rejects.toMatchObject({ kind: 'interrupted' });
  });
});
