// Follows a training for MLflow, by the REST interface of its tracking server (api/2.0/mlflow): the run's settings as
// parameters, an epoch's measures as metrics. Nothing else is sent: no images, no model, no paths but those in the settings
// that name the dataset. A server that is away never ends a training: it is warned of once, and no more is sent.

import { basename, resolve } from 'node:path';
import { FerlabError } from '../errors.js';
import { kerasMeasures } from '../scores/history.js';
import type { TrainEvent } from '../train/loop/events.js';
import { readSettings } from './settings.js';

/** Of one request, in milliseconds. */
const patience = 10_000;
const experiment = 'ferlab';
/** MLflow's limits: parameters of a request, characters of a value. */
const mostParameters = 100;
const longestValue = 500;
/** Settings that are places on this machine: only their last part is sent. */
const places = /^(data\.(path|train|validation)|out|startFrom|softLabels\.file|distillation\.teachers)$/;

interface Follower {
  onProgress(event: TrainEvent): void;
  /** Waits for what is under way, and says how the run ended. */
  close(status: 'FINISHED' | 'KILLED' | 'FAILED'): Promise<void>;
}

/** @throws FerlabError `usage` where the address is none of HTTP. */
function checkTrackingUrl(address: string): URL {
  // URL.parse is missing in Node 20.
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new FerlabError(
    'usage',
    `--mlflow: expected the address of a tracking server, as http://localhost:5000; got ${JSON.stringify(address)}`,
  );
}

export function followForMlflow(address: string, warn: (message: string) => void): Follower {
  const url = checkTrackingUrl(address);
  let run: string | null = null;
  let away = false;
  /** Requests one after the other. */
  let last: Promise<void> = Promise.resolve();
  const send = async (path: string, body: object | null, query = ''): Promise<Record<string, unknown>> => {
    const endpoint = new URL(`${url.pathname.replace(/\/$/, '')}/api/2.0/mlflow/${path}${query}`, url);
    const answer = await fetch(endpoint, {
      signal: AbortSignal.timeout(patience),
      ...(body === null
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const said: unknown = await answer.json().catch(() => null);
    const result = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
    if (!answer.ok)
      throw new Error(
        `${answer.status} ${String(result.message ?? result.error_code ?? answer.statusText)}`,
        { cause: result.error_code },
      );
    return result;
  };
  const next = (work: () => Promise<void>): void => {
    last = last.then(async () => {
      if (away) return;
      try {
        await work();
      } catch (error) {
        away = true;
        const { message, cause } = error as Error;
        const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
        warn(
          `MLflow at ${url.origin} doesn't take what it is sent (${why.slice(0, 300)}). The training goes on without; history.csv has all of it.`,
        );
      }
    });
  };
  const begin = async (runFolder: string): Promise<void> => {
    const experimentId = await openExperiment(send);
    const created = await send('runs/create', {
      experiment_id: experimentId,
      start_time: Date.now(),
      run_name: basename(resolve(runFolder)),
      tags: [{ key: 'mlflow.source.name', value: 'ferlab' }],
    });
    run = (created.run as { info: { run_id: string } }).info.run_id;
    const params = Object.entries(readSettings(runFolder)).map(([key, value]) => ({
      key,
      value: sent(key, value),
    }));
    for (let first = 0; first < params.length; first += mostParameters)
      await send('runs/log-batch', { run_id: run, params: params.slice(first, first + mostParameters) });
  };
  return {
    onProgress(event) {
      if (event.type === 'start') next(() => begin(event.runFolder));
      if (event.type !== 'epoch') return;
      const { epoch, measures, learningRate, imagesPerSecond } = event.row;
      const values = {
        ...kerasMeasures(measures),
        learning_rate: learningRate,
        images_per_second: imagesPerSecond,
      };
      const timestamp = Date.now();
      const metrics = Object.entries(values).map(([key, value]) => ({ key, value, timestamp, step: epoch }));
      next(async () => {
        await send('runs/log-batch', { run_id: run, metrics });
      });
    },
    async close(status) {
      if (run !== null || !away)
        next(async () => {
          if (run !== null) await send('runs/update', { run_id: run, status, end_time: Date.now() });
        });
      await last;
    },
  };
}

/** A setting's value as it leaves the machine. */
function sent(key: string, value: string): string {
  const text = places.test(key)
    ? value
        .split(',')
        .map((part) => basename(part.replaceAll(/[[\]"]/g, '')))
        .join(',')
    : value;
  return text.slice(0, longestValue);
}

async function openExperiment(
  send: (path: string, body: object | null, query?: string) => Promise<Record<string, unknown>>,
): Promise<string> {
  try {
    const found = await send('experiments/get-by-name', null, `?experiment_name=${experiment}`);
    return (found.experiment as { experiment_id: string }).experiment_id;
  } catch (error) {
    if ((error as Error).cause !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    return String((await send('experiments/create', { name: experiment })).experiment_id);
  }
}
