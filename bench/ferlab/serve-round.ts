// One round of serving, in a process of its own: the library one image after the other, ferlab's service, or a service that
// runs already (--url). Prints one JSON object.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadModel } from '../../dist/index.js';
import { imageFiles } from './cold-starts.js';
import { load, quantile, startService } from './http-load.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    who: { type: 'string', default: 'service' },
    url: { type: 'string' },
    form: { type: 'string', default: 'one' },
    clients: { type: 'string', default: '32' },
    seconds: { type: 'string', default: '10' },
  },
});
const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
const images = imageFiles(values.data, 64).map((file) => readFileSync(file));
const raw = { headers: { 'content-type': 'image/jpeg' }, bodies: images };

/** Images in memory, one call each, as a program without a service would. */
async function library(): Promise<object> {
  await using model = await loadModel();
  for (const image of images) await model.predict(image);
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    const start = performance.now();
    await model.predict(images[times.length % images.length]!);
    times.push(performance.now() - start);
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  return { perSecond: (1000 * times.length) / total, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function service(): Promise<object> {
  const { child, url } = await startService([]);
  const target = { url: `${url}/v1/predict?faces=crop`, clients, ...raw };
  await load({ ...target, seconds: Math.min(2, seconds) });
  const outcome = await load({ ...target, seconds });
  child.kill('SIGTERM');
  await once(child, 'exit');
  return outcome;
}

/** A service that takes JSON with the image in Base64, or with a list of one, as BentoML's do. */
async function other(url: string): Promise<object> {
  const bodies = images.map((bytes) => {
    const image = bytes.toString('base64');
    return Buffer.from(JSON.stringify({ image: values.form === 'list' ? [image] : image }));
  });
  const target = { url, clients, headers: { 'content-type': 'application/json' }, bodies };
  await load({ ...target, seconds: Math.min(2, seconds) });
  return load({ ...target, seconds });
}

const result =
  values.url === undefined
    ? await (values.who === 'library' ? library() : service())
    : await other(values.url);
console.log(JSON.stringify(result));
