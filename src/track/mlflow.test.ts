// What is sent to MLflow's tracking server, and that one that is away ends nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { TrainEvent } from '../train/loop/events.js';
import { followTraining } from './follow.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-mlflow-'));
writeFileSync(
  join(folder, 'config.json'),
  JSON.stringify({ config: { data: { path: '/home/me/secret/faces' }, optimizer: { learningRate: 0.01 } } }),
);
afterAll(() => rmSync(folder, { recursive: true }));

interface Request {
  path: string;
  body: Record<string, unknown> | null;
}

let server: Server | null = null;
afterEach(() => server?.close());

/** A tracking server that takes everything, or fails from a request on. */
async function serve(failsFrom = Number.POSITIVE_INFINITY): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const path = request.url!;
    requests.push({ path, body: text === '' ? null : JSON.parse(text) });
    const answer = path.includes('get-by-name')
      ? [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }]
      : requests.length >= failsFrom
        ? [500, { error_code: 'INTERNAL_ERROR', message: 'full' }]
        : [
            200,
            path.includes('experiments/create')
              ? { experiment_id: '7' }
              : { run: { info: { run_id: 'r1' } } },
          ];
    response
      .writeHead(answer[0] as number, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer[1]));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const row = (epoch: number) => ({
  epoch,
  learningRate: 0.01,
  measures: { loss: 1, valAccuracy: 0.4 },
  seconds: 1,
  imagesPerSecond: 10,
  dataWait: 0,
});
const events: TrainEvent[] = [
  { type: 'start', runFolder: folder, epoch: 1, epochs: 2, steps: 1 },
  { type: 'epoch', row: row(1), epochs: 2, best: true },
  { type: 'epoch', row: row(2), epochs: 2, best: false },
];

async function follow(url: string): Promise<string[]> {
  const warnings: string[] = [];
  const { onProgress, close } = followTraining({ mlflow: url }, (message) => warnings.push(message));
  for (const event of events) onProgress(event);
  await close('FINISHED');
  return warnings;
}

describe('MLflow', () => {
  it('is told of settings and of every epoch', async () => {
    const { url, requests } = await serve();
    expect(await follow(url)).toEqual([]);
    expect(requests.map(({ path }) => path.replace('/api/2.0/mlflow/', ''))).toEqual([
      'experiments/get-by-name?experiment_name=ferlab',
      'experiments/create',
      'runs/create',
      'runs/log-batch',
      'runs/log-batch',
      'runs/log-batch',
      'runs/update',
    ]);
    expect(requests[3]!.body).toEqual({
      run_id: 'r1',
      // The folder that the dataset lies in stays at home.
      params: [
        { key: 'data.path', value: 'faces' },
        { key: 'optimizer.learningRate', value: '0.01' },
      ],
    });
    expect(requests[4]!.body).toMatchObject({
      metrics: [
        { key: 'loss', value: 1, step: 1 },
        { key: 'val_accuracy', value: 0.4, step: 1 },
        { key: 'learning_rate', value: 0.01, step: 1 },
        { key: 'images_per_second' },
      ],
    });
    expect(requests[6]!.body).toMatchObject({ run_id: 'r1', status: 'FINISHED' });
  });

  it('that is away, or fails on the way, is warned of once', async () => {
    const away = await serve();
    server!.close();
    const [warning, ...others] = await follow(away.url);
    expect(others).toEqual([]);
    expect(warning).toMatch(
      /MLflow at http:\/\/127\.0\.0\.1:\d+ doesn't take what it is sent \(.+\)\. The training goes on/,
    );
    const failing = await serve(5);
    expect(await follow(failing.url)).toHaveLength(1);
    expect(failing.requests).toHaveLength(5);
  });

  it('needs an address', () => {
    expect(() => followTraining({ mlflow: 'localhost' }, () => {})).toThrow(/--mlflow: expected the address/);
  });
});
