// Requests to the service, for its tests.

import { randomUUID } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import sharp from 'sharp';

/** A drawn picture: a grey ramp, so that it has more than one level. */
export function picture(format: 'jpeg' | 'png' = 'png', width = 48, height = 48): Promise<Buffer> {
  const data = Buffer.from(Array.from({ length: width * height }, (_, i) => (i * 7) % 256));
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toFormat(format)
    .toBuffer();
}

/** One part of a form. */
export interface Part {
  bytes: Buffer | string;
  name?: string;
  /** None: a field that is no file. */
  file?: string | null;
  type?: string;
}

/** A form as it is sent, with the header that it needs. */
export function form(
  parts: readonly Part[],
  boundary: string = randomUUID(),
): { headers: Record<string, string>; payload: Buffer } {
  const chunks = parts.flatMap(({ bytes, name = 'image', file = 'a.png', type = 'image/png' }) => {
    const disposition = `form-data; name="${name}"${file === null ? '' : `; filename="${file}"`}`;
    const head = `--${boundary}\r\nContent-Disposition: ${disposition}\r\n`;
    const kind = file === null ? '' : `Content-Type: ${type}\r\n`;
    return [Buffer.from(`${head}${kind}\r\n`), Buffer.from(bytes), Buffer.from('\r\n')];
  });
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    payload: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** Sends one image as it is. */
export function predict(
  service: FastifyInstance,
  payload: Buffer | string,
  query = '',
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return service.inject({
    method: 'POST',
    url: `/v1/predict${query}`,
    headers: { host: 'localhost', 'content-type': 'image/png', ...headers },
    payload,
  });
}
