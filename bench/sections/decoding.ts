// Decoding small grey JPEGs, the usual form of face datasets: ferlab's own decoder beside sharp, file by file on one
// thread, as the worker threads do it.

import sharp from 'sharp';
import { decodeBaselineJpeg } from '../../dist/decode/baseline-jpeg.js';
import { decodeGenerally } from '../../dist/decode/general-decoder.js';
import type { Contest, Contestant } from '../contest.js';
import { imageSide, smoothJpeg } from '../images.js';

const differentFiles = 200;
const secondsPerRound = 1;

type Decode = (bytes: Uint8Array) => Promise<ArrayLike<number>> | ArrayLike<number>;

const decoders: Record<string, Decode> = {
  "ferlab's decoder": (bytes) => {
    const image = decodeBaselineJpeg(bytes);
    if (image === null) throw new Error('the decoder for small JPEGs refused a generated one');
    return image.data;
  },
  'sharp, as ferlab calls it': async (bytes) =>
    (await decodeGenerally(bytes, 'JPEG', { maxPixels: 1e6, seconds: 30 })).data,
  'sharp alone': (bytes) => sharp(bytes).greyscale().raw().toBuffer(),
};

export function decodingContest(quick: boolean): Contest {
  const count = quick ? 2 : differentFiles;
  const files = Promise.all(Array.from({ length: count }, (_, index) => smoothJpeg(index)));
  const contestant = ([name, decode]: [string, Decode]): Contestant => ({
    name,
    async versions() {
      const [first] = await files;
      const expected = await sharp(first).greyscale().raw().toBuffer();
      const found = Uint8Array.from(await decode(first!));
      if (!expected.equals(found)) throw new Error(`${name}: gives other pixels than sharp`);
      return name.startsWith('sharp') ? { sharp: sharp.versions.sharp ?? 'unknown' } : {};
    },
    async round() {
      const all = await files;
      const start = performance.now();
      let decoded = 0;
      do {
        for (const bytes of all) await decode(bytes);
        decoded += all.length;
      } while (!quick && performance.now() - start < 1000 * secondsPerRound);
      const ms = (performance.now() - start) / decoded;
      return { ms, rate: 1000 / ms };
    },
  });
  return {
    id: 'micro-decoding',
    title: 'Decoding small JPEGs',
    notes: [
      `Grey baseline JPEGs of ${imageSide}x${imageSide} pixels from memory, one after another on one thread. All give the same pixels.`,
    ],
    metrics: [
      { key: 'ms', label: 'one file', unit: 'ms', better: 'lower' },
      { key: 'rate', label: 'files', unit: '1/s', better: 'higher' },
    ],
    comparison: {
      against: Object.keys(decoders)[0]!,
      label: "ferlab's is faster by",
      sense: 'againstIsBetter',
      format: 'times',
      metrics: ['ms'],
    },
    contestants: Object.entries(decoders).map(contestant),
  };
}
