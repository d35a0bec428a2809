// Finding faces: a picture of 640 x 480 with one face, and one of 1280 x 960 with fifteen, beside the detectors that people
// use. The pictures are made of one astronaut (test/data), or the second is a photograph of one's own.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { cache, ferlabScript, root } from '../checkout.js';
import type { Contest, Contestant, Metric, Sample } from '../contest.js';
import { runForJson } from '../process.js';
import { absent, ferlabVersions, type Peers } from './peers.js';

/** What every round prints, in the order of the pictures. */
interface FacesOutput {
  readonly pictures: readonly { medianMs: number; faces: number }[];
  readonly peakMemoryMegabytes: number;
}

/** Variables that name files which aren't ferlab's: a photograph of many people, YuNet's file. */
const groupVariable = 'FERLAB_BENCH_GROUP';
const yunetVariable = 'FERLAB_BENCH_YUNET';

const metrics: readonly Metric[] = [
  { key: 'one', label: '640x480, faces from 40', unit: 'ms', better: 'lower' },
  { key: 'many', label: '1280x960, faces from 20', unit: 'ms', better: 'lower' },
  { key: 'found', label: 'faces found there', unit: '', better: 'higher' },
  { key: 'memory', label: 'peak memory', unit: 'MB', better: 'lower' },
];

const sampleOf = ({ pictures: [one, many], peakMemoryMegabytes }: FacesOutput): Sample => ({
  one: one!.medianMs,
  many: many!.medianMs,
  found: many!.faces,
  memory: peakMemoryMegabytes,
});

const astronaut = path.join(root, 'test', 'data', 'astronaut.jpg');

/** Pictures with the smallest face that is looked for behind a colon. */
async function makePictures(): Promise<string[]> {
  await mkdir(cache, { recursive: true });
  const one = path.join(cache, 'faces-one.png');
  await sharp(astronaut).resize(640, 480, { fit: 'cover', position: 'top' }).png().toFile(one);
  const own = process.env[groupVariable];
  return [`${one}:40`, `${own ?? (await makeGroup())}:20`];
}

/** Fifteen astronauts side by side, with faces of 50 to 80 pixels. */
async function makeGroup(): Promise<string> {
  const file = path.join(cache, 'faces-many.png');
  const parts = Array.from({ length: 15 }, async (_, i) => ({
    input: await sharp(astronaut)
      .resize(280 + (i % 4) * 40)
      .extract({ left: 60, top: 10, width: 200, height: 200 })
      .toBuffer(),
    left: (i % 5) * 256 + (i % 3) * 20,
    top: Math.floor(i / 5) * 320 + (i % 2) * 60,
  }));
  await sharp({ create: { width: 1280, height: 960, channels: 3, background: '#6a7a70' } })
    .composite(await Promise.all(parts))
    .png()
    .toFile(file);
  return file;
}

function ferlabContestant(
  name: string,
  rounds: number,
  pictures: readonly string[],
  ...args: string[]
): Contestant {
  return {
    name,
    versions: ferlabVersions,
    round: async () =>
      sampleOf(
        await runForJson(process.execPath, [
          ...[ferlabScript('faces-round'), '--rounds', `${rounds}`],
          ...args,
          ...pictures,
        ]),
      ),
  };
}

export async function facesContests({ quick }: { quick: boolean }, peers: Peers): Promise<Contest[]> {
  const pictures = await makePictures();
  const rounds = quick ? 1 : 20;
  const peer = (name: string, detector: string, ...args: string[]): Contestant => ({
    name,
    versions: () => peers.faces.versions(),
    round: async () => {
      const all = [detector, '--rounds', `${rounds}`, ...args, '--pictures', ...pictures];
      return sampleOf(await peers.faces.run('faces_detect.py', all));
    },
  });
  const yunet = process.env[yunetVariable];
  const missing = `its file isn't here: ${yunetVariable} names it`;
  const ferlab = (name: string, ...args: string[]) => ferlabContestant(name, rounds, pictures, ...args);
  return [
    {
      id: 'faces',
      title: 'Finding faces',
      notes: [
        `Pictures in memory, each detector with its own threads and defaults and the same smallest face. The first picture has one face of 120 pixels, the second ${process.env[groupVariable] ? 'is a photograph of many people' : 'fifteen of 50 to 80'}. *YuNet n in ferlab* runs its file by \`--detector\`; it takes 640x640 pixels alone, so that a picture of 640x480 is filled up.`,
      ],
      metrics,
      comparison: {
        against: 'ferlab',
        label: 'ferlab is better by',
        sense: 'againstIsBetter',
        format: 'times',
        metrics: ['one', 'many'],
      },
      contestants: [
        ferlab('ferlab'),
        ferlab('ferlab, with recognition', '--recognise'),
        ...(existsSync(path.join(root, 'models', 'mtcnn'))
          ? [ferlab('ferlab, mtcnn', '--detector', 'mtcnn')]
          : []),
        yunet ? ferlab('YuNet n in ferlab', '--detector', yunet) : absent('YuNet n in ferlab', missing),
        yunet ? peer('YuNet n in OpenCV', 'yunet', '--model', yunet) : absent('YuNet n in OpenCV', missing),
        peer('original MTCNN in OpenCV', 'mtcnn'),
        peer('Haar cascade in OpenCV', 'haar'),
      ],
    },
  ];
}
