// Model files by their SHA-256: from the browser's cache where they were used before, else from the studio's server.

import { FerlabError } from '../../src/errors.js';

/** Of model files alone: no picture and no answer is ever kept. */
const cacheName = 'ferlab-models';

/** Where the browser offers none (plain HTTP on another host), files are fetched each time. */
async function openCache(): Promise<Cache | null> {
  try {
    return await caches.open(cacheName);
  } catch {
    return null;
  }
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the bytes are those of that name; where the browser can't say (plain HTTP), the server is believed. */
async function isOf(bytes: ArrayBuffer, sha256: string): Promise<boolean> {
  return crypto.subtle === undefined || (await digestOf(bytes)) === sha256;
}

/**
 * @param sha256 hex.
 * @param token of the studio's server; null where it demands none.
 * @throws FerlabError `io` where the server doesn't have the file any more or can't be reached.
 */
export async function fetchModel(sha256: string, token: string | null): Promise<Uint8Array> {
  const address = new URL(`/api/models/${sha256}.onnx`, self.location.origin).href;
  const cache = await openCache();
  const kept = await cache?.match(address);
  if (kept !== undefined) {
    const bytes = await kept.arrayBuffer();
    if (await isOf(bytes, sha256)) return new Uint8Array(bytes);
    await cache?.delete(address);
  }
  const response = await fetch(address, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  }).catch(() => null);
  if (response === null)
    throw new FerlabError('io', 'server: expected an answer, found none. Is "ferlab studio" still running?');
  if (!response.ok) {
    throw new FerlabError(
      'io',
      'model: expected a file on the server, found none of this content. List the models again.',
    );
  }
  const copy = response.clone();
  const bytes = await response.arrayBuffer();
  if (!(await isOf(bytes, sha256)))
    throw new FerlabError(
      'io',
      'model: expected the file that was listed, found another. List the models again.',
    );
  // A full disk only means that it's fetched again.
  await cache?.put(address, copy).catch(() => {});
  return new Uint8Array(bytes);
}

/** Deletes cached files that are no longer offered. */
export async function forgetOthers(offered: ReadonlySet<string>): Promise<void> {
  const cache = await openCache();
  for (const { url } of (await cache?.keys()) ?? []) {
    const [, sha256 = ''] = /([0-9a-f]{64})\.onnx$/.exec(url) ?? [];
    if (!offered.has(sha256)) await cache?.delete(url);
  }
}
