// The HTTP service: Fastify in front, the dispatcher and its workers behind.

import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { checkArgument, section, shorten } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { sha256 } from '../files/sha256.js';
import { chooseDevice } from '../machine/choose-device.js';
import { bundledName } from '../predict-files/bundled-model.js';
import { readModelFile } from '../predict-files/load-model.js';
import { readDetector } from '../predict-files/open-face-detector.js';
import { addEverything, createApp } from './app.js';
import { Dispatcher } from './dispatcher.js';
import { Metrics } from './metrics.js';
import type { ServedFile } from './protocol.js';
import { fromProgram, resolveSettings } from './resolve-settings.js';
import { type ServiceSettings, workerCount } from './settings.js';
import { UploadBudget } from './uploads.js';
import { type StartWorker, startWorkerProcess } from './worker-process.js';

/** Bytes of all requests that are held at a time, in largest requests. */
const requestsHeld = 16;

/**
 * The HTTP service as a Fastify instance, ready: workers run, models are open. `listen` makes it answer on a port, `inject`
 * and `routing` without one; `close` answers what was accepted and ends the workers.
 *
 * @throws FerlabError `usage` for settings that are unknown or out of range, `model` and `device` where a model can't be
 *   opened, `io` where the file of the token can't be read.
 */
export async function createService(options: Partial<ServiceSettings> = {}): Promise<FastifyInstance> {
  checkArgument('createService', options, section);
  return openService(await resolveSettings([fromProgram(options)]));
}

/** A service of settings that were checked. */
export async function openService(
  settings: ServiceSettings,
  start: StartWorker = startWorkerProcess,
): Promise<FastifyInstance> {
  const files = await readModels(settings.model);
  const detector = await readDetector(settings.detector ?? undefined);
  const { device } = await chooseDevice(settings.device);
  const app = createApp(settings);
  const budget = new UploadBudget(requestsHeld * settings.maxMegabytes * 1024 * 1024);
  const metrics: Metrics = new Metrics(
    {
      waiting: () => dispatcher.waiting,
      ready: () => dispatcher.ready,
      uploadBytes: () => budget.bytes,
    },
    (message) => app.log.warn(message),
  );
  const dispatcher: Dispatcher = new Dispatcher({
    workers: workerCount(settings),
    ...{ batch: settings.batch, queue: settings.queue, timeout: settings.timeout },
    open: {
      ...{ type: 'open', models: files, detector, device },
      maxPixels: 1e6 * settings.maxMegapixels,
      decodeSeconds: Math.max(1, Math.ceil(settings.timeout / 2)),
    },
    ...{ start, observer: metrics },
  });
  const models = await dispatcher.start();
  try {
    const digests = new Map(files.map(({ name, bytes }) => [name, sha256(bytes)]));
    const limits = { maxBytes: settings.maxMegabytes * 1024 * 1024, maxFiles: settings.maxFiles };
    const { timeout } = settings;
    await addEverything(app, settings, {
      dispatcher,
      metrics,
      models,
      digests,
      limits,
      budget,
      timeout,
    });
    await app.ready();
  } catch (error) {
    await dispatcher.close();
    throw error;
  }
  return app;
}

/** Model files by the names that clients know them by. */
async function readModels(choices: readonly string[]): Promise<ServedFile[]> {
  const files: ServedFile[] = [];
  for (const choice of choices) {
    const [, given, file = choice] = /^([\w.-]{1,100})=(.+)$/.exec(choice) ?? [];
    const name = given ?? (file === bundledName ? bundledName : path.basename(file).replace(/\.onnx$/i, ''));
    if (files.some((other) => other.name === name)) {
      throw new FerlabError(
        'usage',
        `model ${shorten(choice)}: expected models of different names, got two that are called ${name}. Give one another ` +
          `name: other=${shorten(file)}.`,
      );
    }
    files.push({ name, bytes: await readModelFile(file) });
  }
  return files;
}
