// Three tiny stages trained on drawn faces in scenes, from labels to a detector that finds such faces.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawExpression } from '../../data/sample/expressions.js';
import { drawFace, drawIdentity } from '../../data/sample/face.js';
import { overlap } from '../../faces/boxes.js';
import { openCascade } from '../../faces/cascade.js';
import type { CascadeStage } from '../../faces/cascade-file.js';
import type { Box } from '../../faces/face.js';
import { toRgb } from '../../image/rgb.js';
import { Random } from '../../random/random.js';
import type { TrainEvent } from '../loop/events.js';
import { resumeCascade, trainCascade } from './train-cascade.js';

const [width, height] = [128, 96];

/** Stripes and squares, with a face or none; rows of the label file. */
async function drawScene(
  path: string,
  random: Random,
  withFace: boolean,
): Promise<{ row: string; box: Box | null }> {
  const shapes = Array.from({ length: 12 }, () => {
    const [x, y, w, h] = [
      random.uniform(-20, width),
      random.uniform(-20, height),
      random.uniform(5, 60),
      random.uniform(5, 60),
    ];
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${random.uniform(0, 20)}" fill="hsl(${random.integer(360)},40%,${random.integer(100)}%)"/>`;
  });
  const scene = sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="hsl(${random.integer(360)},30%,50%)"/>${shapes.join('')}</svg>`,
    ),
  );
  if (!withFace) {
    await scene.png().toFile(path);
    return { row: ',none,,,,', box: null };
  }
  const side = 44 + random.integer(40);
  const [left, top] = [random.integer(width - side), random.integer(height - side)];
  const identity = drawIdentity(random);
  const pose = { roll: 0, yaw: 0, pitch: 0, scale: 1, x: 0, y: 0, background: random.integer(256) };
  const face = await sharp(Buffer.from(drawFace(identity, pose, drawExpression('happy', random), side)))
    .png()
    .toBuffer();
  await scene
    .composite([{ input: face, left, top }])
    .png()
    .toFile(path);
  const at = (x: number, y: number): [number, number] => [left + (x * side) / 100, top + (y * side) / 100];
  const { headWidth, eyeDistance, eyeHeight, mouthHeight, mouthWidth } = identity;
  const corner = at(50 - headWidth, 22);
  const box = { x: corner[0], y: corner[1], width: (2 * headWidth * side) / 100, height: (72 * side) / 100 };
  const points = [
    at(50 - eyeDistance, eyeHeight),
    at(50 + eyeDistance, eyeHeight),
    at(50, 60),
    at(50 - mouthWidth, mouthHeight),
    at(50 + mouthWidth, mouthHeight),
  ];
  return { row: [',face', box.x, box.y, box.width, box.height, ...points.flat()].join(','), box };
}

const columns = ['eye', 'mouth'].map(
  (part) => `left_${part}_x,left_${part}_y,right_${part}_x,right_${part}_y`,
);
const header = `image,kind,x,y,w,h,${columns[0]},nose_x,nose_y,${columns[1]}`;

let folder: string;
let whole: string;
const tests: { path: string; box: Box | null }[] = [];

const options = (run: string) => ({
  labels: [join(folder, 'labels.csv')],
  validation: [join(folder, 'validation.csv')],
  seed: 3,
  threads: 1,
  workers: 1,
  out: join(folder, run),
});
/** Enough to learn drawn faces, and enough to go on with. */
const learning = { epochs: 4, effort: 0.05 };
/** Of a few pictures, the twentieth of which validates. */
const short = () => ({
  epochs: 2,
  effort: 0.004,
  labels: [join(folder, 'few.csv')],
  validation: undefined,
});

async function writeScenes(name: string, count: number, seed: number): Promise<void> {
  const rows = [header];
  for (let i = 0; i < count; i++) {
    const file = `${name}-${i}.png`;
    const { row, box } = await drawScene(join(folder, file), new Random(seed, i), i % 5 > 0);
    rows.push(`${file}${row}`);
    if (name === 'validation') tests.push({ path: join(folder, file), box });
  }
  writeFileSync(join(folder, `${name}.csv`), rows.join('\n'));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-cascade-'));
  await writeScenes('labels', 60, 1);
  await writeScenes('validation', 15, 2);
  await writeScenes('few', 20, 3);
  whole = (await trainCascade({ ...options('whole'), ...learning })).runFolder;
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true }));

const detectorOf = (run: string): Record<CascadeStage, Buffer> => {
  const read = (stage: CascadeStage) => readFileSync(join(run, 'mtcnn', `${stage}.onnx`));
  return { pnet: read('pnet'), rnet: read('rnet'), onet: read('onet') };
};

/** Hooks that stop a run at the first event that `when` takes. */
function stopAt(when: (event: TrainEvent) => boolean) {
  const controller = new AbortController();
  const onProgress = (event: TrainEvent): void => {
    if (when(event)) controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

describe('trainCascade', () => {
  it('makes a detector that finds drawn faces in pictures that it has not seen', async () => {
    const names = { pnet: 'pnet.onnx', rnet: 'rnet.onnx', onet: 'onet.onnx' };
    const detector = await openCascade(detectorOf(whole), names, 'test', { threads: 1 });
    let [found, faces, others] = [0, 0, 0];
    for (const { path, box } of tests) {
      const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const answers = await detector.detect(toRgb(data, info.width, info.height, 3));
      const right = answers.filter((face) => box !== null && overlap(face.box, box) >= 0.5);
      faces += box === null ? 0 : 1;
      found += Math.min(1, right.length);
      others += answers.length - right.length;
    }
    await detector.close();
    expect(faces).toBe(12);
    expect(found).toBeGreaterThanOrEqual(10);
    expect(others).toBeLessThanOrEqual(3);
  });

  it('keeps a run for each stage, the report, and nothing that was mined', () => {
    for (const stage of ['pnet', 'rnet', 'onet']) {
      const history = readFileSync(join(whole, stage, 'history.csv'), 'utf8')
        .trim()
        .split('\n');
      expect(history).toHaveLength(5);
      expect(history[0]).toContain('val_accuracy,val_box_error,val_point_error');
    }
    const names = readdirSync(whole);
    expect(names.filter((name) => name.includes('mined'))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining(['precision-recall.svg', 'recall.png', 'found.png', 'report.json']),
    );
    const report = readFileSync(join(whole, 'report.md'), 'utf8');
    expect(report).toMatch(/average precision\*\* at an overlap of 0\.5, on 12 labelled faces/);
    expect(report).toContain('| O-Net');
  });

  it('goes on after interruptions at any moment as if it had never stopped', async () => {
    await trainCascade({ ...options('straight'), ...short() });
    const out = join(folder, 'stopped');
    const interrupted = { stopped: 'interrupted', final: null };
    const inStage = (epoch: number) => (event: TrainEvent) => event.type === 'step' && event.epoch === epoch;
    expect(await trainCascade({ ...options('stopped'), ...short() }, stopAt(inStage(1)))).toEqual({
      ...interrupted,
      runFolder: out,
    });
    const moments: ((event: TrainEvent) => boolean)[] = [
      inStage(2),
      (event) => event.type === 'mine' && event.stage === 'R-Net' && event.done === 3,
      (event) =>
        event.type === 'log' && event.message.startsWith('R-Net: ') && /crops of/.test(event.message),
      (event) => event.type === 'mine' && event.stage === 'O-Net' && event.done === 3,
      (event) => event.type === 'log' && event.message === 'Scoring the detector',
    ];
    for (const when of moments) expect(await resumeCascade(out, stopAt(when))).toMatchObject(interrupted);
    expect((await resumeCascade(out)).stopped).toBe('finished');
    for (const [stage, bytes] of Object.entries(detectorOf(out)))
      expect(bytes.equals(detectorOf(join(folder, 'straight'))[stage as CascadeStage]), stage).toBe(true);
  }, 240_000);

  it('refuses a run whose labels have changed, and one of another task', async () => {
    const changed = join(folder, 'changed');
    cpSync(whole, changed, { recursive: true });
    const file = join(folder, 'labels.csv');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^labels-1\.png,face,([\d.]+)/m, 'labels-1.png,face,0'));
    await expect(resumeCascade(changed)).rejects.toThrow(/expected the train pictures and labels/);
    writeFileSync(file, text);
    await expect(resumeCascade(join(whole, 'pnet'))).rejects.toThrow(
      /expected a run of the task detect-cascade/,
    );
  });
});
