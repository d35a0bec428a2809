// Answers POST requests with an image of a face by the expression in it: node server.js [port]

import { createServer } from 'node:http';
import { FerlabError, loadModel } from 'ferlab';

const model = await loadModel();
const largestBytes = 10_000_000;

async function readBody(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > largestBytes)
      throw new FerlabError('data', `expected at most ${largestBytes} bytes, found more`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const server = createServer(async (request, response) => {
  const answer = (status, content) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  try {
    answer(200, await model.predict(await readBody(request)));
  } catch (error) {
    answer(400, { error: error.message });
  }
});
server.listen(Number(process.argv[2] ?? 8080), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${server.address().port}`),
);
