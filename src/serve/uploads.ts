// Reads the images of a request from its body: bytes as they are, or the files of a form. Nothing is written to disk, names
// of files are not looked at, and what arrives is counted as it arrives.

import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Problem } from './problem.js';

/** Bytes of all requests that are held at a time. */
export class UploadBudget {
  private taken = 0;

  constructor(readonly limit: number) {}

  get bytes(): number {
    return this.taken;
  }

  /** @returns whether so many more may be held. */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.limit) return false;
    this.taken += bytes;
    return true;
  }

  release(bytes: number): void {
    this.taken -= bytes;
  }
}

export interface UploadLimits {
  /** Of a request. */
  maxBytes: number;
  maxFiles: number;
}

/** What a request has sent so far. */
export class Upload {
  private held = 0;

  constructor(
    private readonly limits: UploadLimits,
    private readonly budget: UploadBudget,
  ) {}

  /** @throws Problem `too_large`, or `overloaded` where all requests together hold too much. */
  add(bytes: number): void {
    if (this.held + bytes > this.limits.maxBytes) throw tooLarge(this.limits.maxBytes);
    if (!this.budget.take(bytes)) {
      throw new Problem(
        'overloaded',
        'expected room for this upload, found that other requests take it all. Try again later.',
        { retryAfter: 1 },
      );
    }
    this.held += bytes;
  }

  /** To be called once the request is answered. */
  release(): void {
    this.budget.release(this.held);
    this.held = 0;
  }
}

const mebibyte = 1024 * 1024;

function tooLarge(maxBytes: number): Problem {
  return new Problem(
    'too_large',
    `expected at most ${Math.floor(maxBytes / mebibyte)} MiB in a request, found more. Send smaller images, or fewer at a time.`,
  );
}

/**
 * How long the reader of forms may take once a body has come whole, in milliseconds. Some damaged forms it never ends with: a
 * file called __proto__ that breaks off (@fastify/multipart 10.1.9).
 */
const afterTheEnd = 2000;

/** What a body adds to its files: lines between the parts of a form. */
const formOverhead = 64 * 1024;

/** Refuses by the headers what can't be taken, before anything is read. @throws Problem */
export function checkHeaders(headers: FastifyRequest['headers'], { maxBytes }: UploadLimits): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new Problem(
      'unsupported_media_type',
      'Content-Encoding: expected a body as it is, found a compressed one. Images are compressed by themselves: send them so.',
    );
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes + formOverhead) throw tooLarge(maxBytes);
}

/** The images of a request, in order: at least one. @throws Problem */
export async function readImages(
  request: FastifyRequest,
  upload: Upload,
  limits: UploadLimits,
): Promise<Buffer[]> {
  if (request.isMultipart()) return readForm(request, upload, limits);
  const bytes = await collect(request.raw, upload);
  if (bytes.length > 0) return [bytes];
  throw new Problem('unusable_image', 'expected the bytes of an image, found an empty body.');
}

/** All bytes of a stream. Where they are too many the rest is let go by, so that the client gets its answer. */
function collect(stream: Readable, upload: Upload): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const stop = (error: Error) => {
      stream.off('data', take).off('end', end).off('error', fail).off('close', close);
      stream.on('error', () => {});
      stream.resume();
      reject(error);
    };
    const take = (part: Buffer) => {
      try {
        upload.add(part.length);
        parts.push(part);
      } catch (error) {
        stop(error as Error);
      }
    };
    const end = () => {
      stream.off('close', close);
      resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    };
    const fail = () =>
      stop(new Problem('bad_request', 'body: expected a whole body, found that it broke off.'));
    const close = fail;
    stream.on('data', take).on('end', end).on('error', fail).on('close', close);
  });
}

async function readForm(
  request: FastifyRequest,
  upload: Upload,
  { maxBytes, maxFiles }: UploadLimits,
): Promise<Buffer[]> {
  const images: Buffer[] = [];
  let arrived = 0;
  let failure: Problem | null = null;
  const stop = (problem: Problem) => {
    failure ??= problem;
    request.raw.off('data', count);
    request.raw.unpipe();
    request.raw.resume();
  };
  // Files are counted as they are read; this bounds what lies between and before them.
  const count = (part: Buffer) => {
    arrived += part.length;
    if (arrived > maxBytes + formOverhead) stop(tooLarge(maxBytes));
  };
  const parts = request.parts({
    limits: { fileSize: maxBytes + 1, files: maxFiles, fields: 0, parts: maxFiles, headerPairs: 20 },
  });
  request.raw.on('data', count);
  let timer: NodeJS.Timeout | undefined;
  const stopped = new Promise<never>((_, reject) => {
    request.raw.on('data', () => {
      if (failure) reject(failure);
    });
    request.raw.on('end', () => {
      timer = setTimeout(() => reject(damagedForm()), afterTheEnd);
    });
  });
  stopped.catch(() => {});
  const read = async () => {
    for await (const part of parts) {
      if (part.type !== 'file') continue; // the limit of fields ends the loop
      images.push(await collect(part.file, upload));
    }
  };
  try {
    await Promise.race([read(), stopped]);
  } catch (error) {
    stop(formProblem(error, maxFiles));
    throw failure;
  } finally {
    clearTimeout(timer);
  }
  if (images.length === 0)
    throw new Problem('bad_request', 'body: expected a form with at least one file, found none.');
  return images;
}

/** What the reader of forms found wrong; its own words may quote what the client sent. */
function formProblem(error: unknown, maxFiles: number): Problem {
  if (error instanceof Problem) return error;
  const { code } = error as { code?: string };
  if (code === 'FST_FILES_LIMIT' || code === 'FST_PARTS_LIMIT') {
    return new Problem(
      'too_large',
      `expected at most ${maxFiles} images in a request, found more. Send fewer.`,
    );
  }
  if (code === 'FST_FIELDS_LIMIT' || code === 'FST_PROTO_VIOLATION') {
    return new Problem(
      'bad_request',
      'body: expected a form with files alone, found another field. Put settings into the query of the address.',
    );
  }
  return damagedForm();
}

const damagedForm = () =>
  new Problem('bad_request', 'body: expected a form (multipart/form-data), found a damaged one.');
