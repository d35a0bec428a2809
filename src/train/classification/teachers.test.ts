import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileForward } from '../../engine/compile/forward.js';
import { initializeWeights, type Network } from '../../engine/compile/network.js';
import { sequential } from '../../engine/nn/compose.js';
import { conv2d, dense, flatten } from '../../engine/nn/layers.js';
import { encodeMetadata, type ModelMetadata, modelFormat } from '../../predict/metadata.js';
import { loadModelFromBytes } from '../../predict/model.js';
import { describeNote } from '../../predict/notes.js';
import { loadModel } from '../../predict-files/load-model.js';
import { openTeachers, teacherNotes } from './teachers.js';

const classes = ['happy', 'sad', 'surprise'];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-teachers-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Teacher {
  seed: number;
  side: number;
  crop: number | null;
  changes?: Partial<ModelMetadata>;
}

/** A model with weights of this seed that takes squares of `side` pixels and sees the `crop` in their middle. */
function modelBytes({ seed, side, crop, changes }: Teacher): Uint8Array {
  const seen = crop ?? side;
  const network: Network = {
    layer: sequential({
      conv: conv2d({ filters: 2, kernelSize: 3 }),
      flatten: flatten(),
      logits: dense({ units: 3 }),
    }),
    inputShape: [1, seen, seen],
    imageShape: [1, side, side],
    preprocessing: { scale: 1 / 255, offset: 0 },
  };
  const metadata: ModelMetadata = {
    format: modelFormat,
    task: 'classify',
    version: '1.0.0',
    classes,
    input: { width: side, height: side, channels: 1, range: [0, 255] },
    training: { augment: { crop } },
    dataset: { name: 'faces', counts: { train: { a: 2, b: 1 } }, fingerprints: { train: 'f' } },
    metrics: {},
    ...changes,
  };
  const onnx = compileForward(network, 'cpu', { stored: initializeWeights(network, seed) });
  return onnx.toBytes({ name: 'ferlab', version: '1.0.0' }, encodeMetadata(metadata));
}

const described = (...given: Parameters<typeof teacherNotes>): string[] =>
  teacherNotes(...given).map(describeNote);

/** What teachers are trained on here. */
const trained = { fingerprint: 'f', count: 3 };

async function write(name: string, teacher: Teacher): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, modelBytes(teacher));
  return file;
}

const pixelsOf = (side: number) => Float32Array.from({ length: 2 * side * side }, (_, i) => (i * 53) % 256);

async function logitsOf(teacher: Teacher, pixels: Float32Array): Promise<Float32Array> {
  const model = await loadModelFromBytes(modelBytes(teacher), { threads: 1 });
  const logits = await model.logits(pixels);
  await model.close();
  return logits;
}

const open = (files: string[], side: number) =>
  openTeachers(files, { width: side, height: side }, classes, { threads: 1 });

describe('openTeachers', () => {
  it('takes the model that comes with ferlab by the name box', async () => {
    const boxed = await loadModel();
    await boxed.close();
    const { width, height } = boxed.inputSize;
    const teachers = await openTeachers(['box'], { width, height }, boxed.classes, { threads: 1 });
    const pixels = new Float32Array(width * height).fill(90);
    const answers = await teachers.logits(pixels);
    await teachers.close();
    expect(teachers.identities[0]).toMatchObject({ file: 'box', metadata: boxed.metadata });
    expect(answers).toHaveLength(boxed.classes.length);
    expect(described(teachers.identities, { weight: 1, temperature: 1 }, trained)[0]).toMatch(
      /^Distilled from the model that comes with ferlab \(/,
    );
  });

  it('averages the logits of all teachers', async () => {
    const [a, b] = [1, 2].map((seed) => ({ seed, side: 8, crop: null }));
    const teachers = await open([await write('a.onnx', a!), await write('b.onnx', b!)], 8);
    const pixels = pixelsOf(8);
    const [first, second] = [await logitsOf(a!, pixels), await logitsOf(b!, pixels)];
    const mean = await teachers.logits(pixels);
    await teachers.close();
    expect(mean).toHaveLength(6);
    mean.forEach((value, i) => {
      expect(value).toBeCloseTo((first[i]! + second[i]!) / 2, 5);
    });
    const fingerprints = teachers.identities.map(({ fingerprint }) => fingerprint);
    expect(new Set(fingerprints).size).toBe(2);
    for (const fingerprint of fingerprints) expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lets a teacher cut its crop out of whole images', async () => {
    const cropping = { seed: 3, side: 12, crop: 8 };
    const teachers = await open([await write('a.onnx', cropping)], 12);
    const pixels = pixelsOf(12);
    expect([...(await teachers.logits(pixels))]).toEqual([...(await logitsOf(cropping, pixels))]);
    await teachers.close();
  });

  it.each<[string, Teacher, number, RegExp]>([
    [
      'images of another size',
      { seed: 1, side: 12, crop: 8 },
      8,
      /t\.onnx: expected a teacher for images of 8x8 pixels, found one for 12x12\. Give a teacher of that size, or train with/,
    ],
    [
      'other classes',
      { seed: 1, side: 8, crop: null, changes: { classes: ['happy', 'sad', 'fear'] } },
      8,
      /t\.onnx: expected a teacher for the dataset's classes, happy, sad, surprise, found happy, sad, fear\./,
    ],
  ])('refuses a teacher of %s', async (_, teacher, side, message) => {
    const opened = open(
      [
        await write('good.onnx', { ...teacher, side, crop: null, changes: {} }),
        await write('t.onnx', teacher),
      ],
      side,
    );
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toMatchObject({ kind: 'model' });
  });

  it('refuses a file that is missing', async () => {
    await expect(open([join(folder, 'none.onnx')], 8)).rejects.toThrow(
      /none\.onnx: expected a model file \(\.onnx\), found no such file/,
    );
  });
});

describe('teacherNotes', () => {
  it('name the teachers, other training images, and what teachers say of themselves', async () => {
    const notes = [{ of: null, text: 'Trained with extra annotation: votes.' }];
    const file = await write('a.onnx', { seed: 1, side: 8, crop: null, changes: { notes } });
    const { identities, close } = await open([file], 8);
    await close();
    const settings = { weight: 0.7, temperature: 3 };
    const name = `a.onnx (SHA-256 ${identities[0]!.fingerprint.slice(0, 8)})`;
    expect(described(identities, settings, trained)).toEqual([
      `Distilled from ${name}: weight 0.7, temperature 3; asked once about every training image.`,
      `Of ${name}: Trained with extra annotation: votes.`,
    ]);
    const other = /^Of a\.onnx \(.*\): Trained on other images or labels \(faces\)/;
    expect(described(identities, settings, { ...trained, fingerprint: 'other' })[1]).toMatch(other);
    // Trained with copies of validation images, which this run leaves out.
    expect(described(identities, settings, { ...trained, count: 2 })[1]).toMatch(other);
  });

  it('names teachers of the same file name differently, in any folder', async () => {
    const [one, other] = [
      await write('one.onnx', { seed: 1, side: 8, crop: null, changes: { training: { preset: 'tiny' } } }),
      await write('other.onnx', { seed: 2, side: 8, crop: null }),
    ];
    const { identities, close } = await open([one, other], 8);
    await close();
    const settings = { weight: 0.5, temperature: 2 };
    const named = (parent: string) =>
      described(
        identities.map((teacher) => ({ ...teacher, file: join(parent, 'last.onnx') })),
        settings,
        trained,
      )[0];
    expect(named('a')).toMatch(
      /^Distilled from last\.onnx \(tiny, SHA-256 [0-9a-f]{8}\), last\.onnx \(SHA-256 [0-9a-f]{8}\): /,
    );
    expect(named('b')).toBe(named('a'));
  });
});
