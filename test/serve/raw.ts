// Bytes on a connection that are no request, or one that two servers in a row would read differently, and what comes back.

import { connect } from 'node:net';
import fc from 'fast-check';

const head = 'POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n';
const smuggled = 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** Each must get one refusal, and nothing of what it hides may be answered. */
export const rawForms: readonly string[] = [
  `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  `${head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
  `${head}Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd${smuggled}`,
  `${head}Content-Length: 4, 40\r\n\r\nabcd`,
  `${head}Content-Length: -1\r\n\r\n`,
  `${head}Content-Length: +4\r\n\r\nabcd`,
  `${head}Content-Length: 0x4\r\n\r\nabcd`,
  `${head}Content-Length: 4 4\r\n\r\nabcd`,
  `${head}Content-Length: ${'9'.repeat(30)}\r\n\r\nabcd`,
  `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  `${head}Transfer-Encoding: identity, chunked, identity\r\n\r\n0\r\n\r\n`,
  `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  `${head}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n`,
  `${head}Transfer-Encoding: chunked\r\n\r\n-1\r\nabcd\r\n0\r\n\r\n`,
  `${head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabcd`,
  `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nabcdXX0\r\n\r\n`,
  `${head}Transfer-Encoding: chunked\r\n\r\n4;${'x'.repeat(20_000)}\r\nabcd\r\n0\r\n\r\n`,
  `${head}Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n`,
  `${head}X: a\r\n b\r\nContent-Length : 3\r\n\r\nabc`,
  `${head}X y: 1\r\n\r\n`,
  `${head}X: a\0b\r\n\r\n`,
  `${head}X: a\rContent-Length: 3\r\n\r\nabc`,
  'POST /v1/predict HTTP/1.1\r\nContent-Type: image/png\r\nContent-Length: 1\r\n\r\na',
  'POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nContent-Length: 1\r\n\r\na',
  `POST /v1/predict HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(5000)}\r\n`,
  `POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nA: ${'b'.repeat(40_000)}\r\n\r\n`,
  `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  'GET / HTTP/3.7\r\nHost: localhost\r\n\r\n',
  'GET /\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n',
  'GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  'GET /healthz HTTP/1.1\nHost: localhost\nX:\n\n\0',
  'FOO /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  `${head}Expect: 200-ok\r\nContent-Length: 1\r\n\r\na`,
  `${head}Content-Length: 1000\r\n\r\nabc`,
  `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nab`,
];

/** Data that is no HTTP at all. */
export const rawData: fc.Arbitrary<string> = fc
  .string({ minLength: 1, maxLength: 200, unit: 'binary' })
  .map((text) => `\x01${text}\r\n\r\n`);

/** Statuses that come back until the service closes the connection, or the client has waited for `milliseconds`. */
export function statusesOf(
  port: number,
  text: string,
  milliseconds: number,
): Promise<{ statuses: number[]; seconds: number; closed: boolean }> {
  return new Promise((resolve) => {
    const start = performance.now();
    let received = '';
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
      resolve({ statuses, seconds: (performance.now() - start) / 1000, closed });
    };
    const timer = setTimeout(() => finish(false), milliseconds);
    socket.setEncoding('latin1');
    socket.on('data', (part) => {
      received += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => finish(true));
    // The client has nothing more to send, so that a body that is too short shows at once.
    socket.end(text, 'latin1');
  });
}
