import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fromCommandLine,
  fromEnvironment,
  fromFile,
  fromProgram,
  resolveSettings,
} from './resolve-settings.js';
import { defaultSettings, isLoopback, workerCount } from './settings.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ferlab-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, text);
  return place;
}

const refusal = (sources: Parameters<typeof resolveSettings>[0]) =>
  resolveSettings(sources).then(
    () => 'nothing',
    (error) => `${error.kind}: ${error.message}`,
  );

describe('settings of the service', () => {
  it('are the defaults where nothing is said', async () => {
    expect(await resolveSettings([])).toEqual(defaultSettings);
    expect(await resolveSettings([fromProgram({ port: undefined })])).toEqual(defaultSettings);
  });

  it('come from the command line, then variables, then a file', async () => {
    const stored = await file(
      'a.json',
      JSON.stringify({ port: 1, queue: 2000, model: ['a.onnx'], auth: false }),
    );
    const settings = await resolveSettings([
      fromCommandLine({ port: '3', auth: false }),
      fromEnvironment({
        FERLAB_SERVE_PORT: '2',
        FERLAB_SERVE_BATCH: '5',
        FERLAB_SERVE_WORKERS: '2',
        PATH: '/',
      }),
      await fromFile(stored),
    ]);
    expect(settings).toEqual({
      ...defaultSettings,
      ...{ port: 3, batch: 5, workers: 2, queue: 2000, model: ['a.onnx'], auth: false },
    });
  });

  it('read lists and switches from variables', async () => {
    const settings = await resolveSettings([
      fromEnvironment({ FERLAB_SERVE_MODEL: 'a=x.onnx, box', FERLAB_SERVE_AUTH: 'false' }),
    ]);
    expect(settings).toMatchObject({ model: ['a=x.onnx', 'box'], auth: false });
  });

  it.each([
    [fromCommandLine({ port: 'x' }), 'usage: --port: expected a whole number from 0 to 65535, got "x".'],
    [
      fromCommandLine({ maxFiles: '0' }),
      'usage: --max-files: expected a whole number from 1 to 1000, got 0.',
    ],
    [
      fromCommandLine({ queue: '1e3' }),
      'usage: --queue: expected a whole number from 1 to 100000, got "1e3".',
    ],
    [
      fromEnvironment({ FERLAB_SERVE_LOG_LEVEL: 'loud' }),
      'usage: FERLAB_SERVE_LOG_LEVEL: expected one of silent, error, warn, info, debug, got "loud".',
    ],
    [
      fromEnvironment({ FERLAB_SERVE_PROT: '1' }),
      /^usage: FERLAB_SERVE_PROT: expected a setting among model, detector, host, .*; got "FERLAB_SERVE_PROT"\.$/,
    ],
    [fromProgram({ prot: 1 }), /^usage: createService: prot: expected a setting among/],
    [
      fromProgram({ workers: 1.5 }),
      /^usage: createService: workers: expected a whole number from 1 to 256, got 1.5/,
    ],
    [
      fromProgram({ __proto__: null, constructor: 1 }),
      /createService: constructor: expected a setting among/,
    ],
    [
      fromProgram({ token: 'short' }),
      'usage: createService: token: expected a token of 16 or more characters, got another one.',
    ],
    [fromProgram({ host: '0.0.0.0' }), /^usage: host "0.0.0.0": expected a token .* --no-auth/],
  ])('are refused with where they stand: %#', async (source, message) => {
    const found = await refusal([source]);
    if (typeof message === 'string') expect(found).toBe(message);
    else expect(found).toMatch(message);
  });

  it('of a file that is none are refused', async () => {
    await expect(fromFile(await file('b.json', '[1]'))).rejects.toMatchObject({ kind: 'usage' });
    await expect(fromFile(await file('c.json', '{'))).rejects.toThrow(
      /c\.json: expected settings as a JSON object/,
    );
    await expect(fromFile(path.join(folder, 'none'))).rejects.toMatchObject({ kind: 'io' });
    expect((await fromFile(await file('bom.json', '\ufeff{"port": 8081}'))).values).toEqual({ port: 8081 });
    const known = await fromFile(await file('d.json', '{"port": "8080"}'));
    expect(await refusal([known])).toMatch(
      /d\.json: port: expected a whole number from 0 to 65535, got "8080"/,
    );
  });

  it('hold the token of a file, without the line end', async () => {
    const tokenFile = await file('token', 'abcdefghijklmnop1234\n');
    const settings = await resolveSettings([fromProgram({ tokenFile, host: '0.0.0.0' })]);
    expect(settings.token).toBe('abcdefghijklmnop1234');
    expect(await refusal([fromProgram({ tokenFile: await file('short', 'x') })])).toMatch(
      /^usage: createService: tokenFile: expected a token of 16 to 4096 characters.* openssl rand -hex 32$/,
    );
    expect(await refusal([fromProgram({ tokenFile: folder })])).toMatch(/^io: .*found a folder/);
  });

  it('let others reach the service without a token where that is asked for', async () => {
    const open = await resolveSettings([fromProgram({ host: '0.0.0.0', auth: false })]);
    expect(open).toMatchObject({ host: '0.0.0.0', token: null });
  });

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.example.org', false],
    ['localhost.example.org', false],
    ['192.168.0.1', false],
  ])('know whether %s is this machine alone', (host, isOwn) => {
    expect(isLoopback(host)).toBe(isOwn);
  });

  it('give a GPU one worker', () => {
    expect(workerCount({ workers: null, device: 'cuda' })).toBe(1);
    expect(workerCount({ workers: null, device: 'cpu' })).toBeGreaterThanOrEqual(1);
    expect(workerCount({ workers: 3, device: 'cuda' })).toBe(3);
  });
});
