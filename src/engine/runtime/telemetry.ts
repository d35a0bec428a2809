// ONNX Runtime for Node reports what it runs, unless a variable of the process's environment turns that off: it writes a
// device id and a store of events below the user's cache folder, and the events hold a model's whole metadata. The
// variable is read when the process opens its first session.

import { isMainThread } from 'node:worker_threads';
import { FerlabError } from '../../errors.js';

const variable = 'ORT_DISABLE_TELEMETRY';

/** How long a worker waits for the main thread, in milliseconds. */
const patience = 30_000;

/** Whether a person asked for the runtime's reports, by `ORT_DISABLE_TELEMETRY=0` (or `false`, `no`, `off`). */
function isAskedFor(value: string | undefined): boolean {
  return /^(0|false|no|off)$/i.test(value?.trim() ?? '');
}

let done: Promise<void> | null = null;

/**
 * Turns the runtime's telemetry off in this process, unless a person asked for it. To be awaited before a session is
 * opened.
 *
 * @throws FerlabError `usage` in a worker thread whose main thread can't be reached.
 */
export function turnTelemetryOff(): Promise<void> {
  done ??= isMainThread ? turnOffHere() : turnOffInMainThread();
  return done;
}

async function turnOffHere(): Promise<void> {
  if (!isAskedFor(process.env[variable])) process.env[variable] = '1';
}

/**
 * A worker thread's process.env is a copy, which native code doesn't see; only the main thread's is the process's own.
 * The inspector's protocol reaches it from within the process; no port is opened.
 */
async function turnOffInMainThread(): Promise<void> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  let timer: NodeJS.Timeout | undefined;
  try {
    session.connectToMainThread();
    const evaluate = async (expression: string): Promise<unknown> =>
      (await session.post('Runtime.evaluate', { expression, returnByValue: true })).result.value;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience);
    });
    const change = async (): Promise<void> => {
      const value = await evaluate(`process.env.${variable}`);
      if (!isAskedFor(value as string | undefined)) await evaluate(`process.env.${variable} = '1'`);
    };
    await Promise.race([change(), late]);
  } catch (error) {
    done = null;
    throw new FerlabError(
      'usage',
      "a worker thread: expected to turn off ONNX Runtime's telemetry in the process's environment, found that the main " +
        `thread can't be reached (${error instanceof Error ? error.message : String(error)}). Leave the main thread free ` +
        'while the model is opened, or open it there.',
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    session.disconnect();
  }
}
