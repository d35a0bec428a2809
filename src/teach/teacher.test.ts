// Teaches the bundled model to tell drawn faces apart.

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawSample } from '../data/sample/write.js';
import { loadModelFromBytes } from '../predict/model.js';
import { openTeacher } from './open-teacher.js';
import type { TaughtModel, TeachEvent, Teacher, TeachingSample } from './types.js';

const side = 48;
const expressions = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'];

/** Faces of `count` drawn people, one of each class. */
async function draw(
  classes: readonly string[],
  count: number,
  split: 'train' | 'validation' = 'train',
): Promise<TeachingSample[]> {
  const samples: TeachingSample[] = [];
  for (const label of classes) {
    for (let person = 0; person < count; person++) {
      const index = person * expressions.length + expressions.indexOf(label);
      const { pixels } = await drawSample(split, index, 0, side);
      samples.push({ label, image: { width: side, height: side, data: pixels } });
    }
  }
  return samples;
}

const classes = ['happy', 'sad', 'surprise'];
let bundled: Uint8Array;
let teacher: Teacher;
let taught: TaughtModel;
let samples: TeachingSample[];
const events: TeachEvent[] = [];

beforeAll(async () => {
  bundled = await readFile('models/expression.onnx');
  teacher = await openTeacher(bundled, { name: 'expression.onnx', threads: 1 });
  samples = await draw(classes, 60);
  taught = await teacher.teach(
    { classes, samples, name: 'drawn' },
    { onProgress: (event) => events.push(event) },
  );
  return () => teacher.close();
}, 120_000);

describe('teach', () => {
  it('tells three classes of 60 samples apart, on faces of other people in other attitudes', async () => {
    const unseen = await draw(classes, 30, 'validation');
    await using model = await loadModelFromBytes(taught.bytes, { threads: 1 });
    const answers = await model.predict(unseen.map(({ image }) => image));
    const right = answers.filter(({ expression }, i) => expression === unseen[i]!.label).length;
    expect(right / unseen.length).toBeGreaterThanOrEqual(0.9);
    expect(taught.evaluation.accuracy).toBeGreaterThanOrEqual(0.9);
  });

  it('writes a file that answers as the model did while it was taught', async () => {
    await using model = await loadModelFromBytes(taught.bytes, { threads: 1 });
    expect(taught.heldBack).toHaveLength(36);
    const answers = await model.predict(taught.heldBack.map(({ sample }) => samples[sample]!.image));
    taught.heldBack.forEach(({ probabilities }, i) => {
      classes.forEach((name, k) => {
        expect(Math.abs(answers[i]!.probabilities[name]! - probabilities[k]!)).toBeLessThan(1e-5);
      });
    });
  });

  it('says in the file what it is, where it comes from and what it was taught with', async () => {
    await using model = await loadModelFromBytes(taught.bytes, { threads: 1 });
    const { metadata } = model;
    const parent = await readFile(new URL('../../models/expression.json', import.meta.url), 'utf8');
    const { sha256 } = JSON.parse(parent) as { sha256: string };
    expect(model.classes).toEqual(classes);
    expect(metadata.dataset.name).toBe('drawn');
    expect(metadata.dataset.counts.train).toEqual({ happy: 48, sad: 48, surprise: 48 });
    expect(metadata.dataset.counts.validation).toEqual({ happy: 12, sad: 12, surprise: 12 });
    expect(metadata.training).toMatchObject({
      taught: {
        parent: { name: 'expression.onnx', sha256 },
      },
    });
    expect(metadata.notes?.[0]?.text).toContain(
      `The last layer of expression.onnx (SHA-256 ${sha256.slice(0, 8)})`,
    );
    expect(metadata.notes?.slice(1).every(({ of }) => of !== null)).toBe(true);
    expect(metadata.crop).toEqual((await modelMetadata()).crop);
  });

  const modelMetadata = async () => {
    await using model = await loadModelFromBytes(bundled, { threads: 1 });
    return model.metadata;
  };

  it('reports the features, then the loss and accuracy of every epoch', () => {
    const features = events.filter(({ type }) => type === 'features');
    const epochs = events.flatMap((event) => (event.type === 'epoch' ? [event] : []));
    expect(features.at(-1)).toEqual({ type: 'features', done: 612, total: 612 });
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss / 2);
    expect(epochs.at(-1)!.heldBackAccuracy).toBe(taught.evaluation.accuracy);
  });

  it('gives the same bytes for the same lesson, from features that it kept', async () => {
    const further: TeachEvent[] = [];
    const again = await teacher.teach(
      { classes, samples, name: 'drawn' },
      { onProgress: (event) => further.push(event) },
    );
    expect(further.some(({ type }) => type === 'features')).toBe(false);
    expect(Buffer.compare(again.bytes, taught.bytes)).toBe(0);
  });

  it('follows samples that were relabelled and deleted', async () => {
    const turned = samples
      .filter(({ label }) => label !== 'surprise')
      .map((sample) => ({ ...sample, label: sample.label === 'happy' ? 'sad' : 'happy' }));
    const other = await teacher.teach({ classes: ['sad', 'happy'], samples: turned });
    await using model = await loadModelFromBytes(other.bytes, { threads: 1 });
    const unseen = await draw(['happy'], 10, 'validation');
    const answers = await model.predict(unseen.map(({ image }) => image));
    expect(answers.filter(({ expression }) => expression === 'sad').length).toBeGreaterThanOrEqual(8);
  });

  it('tells left from right', async () => {
    const shifted = (image: Uint8Array, by: number): Uint8Array =>
      image.map((_, i) => {
        const x = Math.min(side - 1, Math.max(0, (i % side) + by));
        return image[i - (i % side) + x]!;
      });
    const looking = samples.slice(0, 60).flatMap(({ image }, i): TeachingSample[] => {
      const { data } = image as { data: Uint8Array };
      const label = i % 2 === 0 ? 'left' : 'right';
      const moved = shifted(data, label === 'left' ? 5 : -5);
      return [{ label, image: { width: side, height: side, data: moved } }];
    });
    const { evaluation } = await teacher.teach({ classes: ['left', 'right'], samples: looking });
    expect(evaluation.accuracy).toBeGreaterThanOrEqual(0.8);
  });

  it('teaches a model that was taught before', async () => {
    await using next = await openTeacher(taught.bytes, { threads: 1 });
    const two = samples.filter(({ label }) => label !== 'sad');
    const again = await next.teach({ classes: ['happy', 'surprise'], samples: two });
    expect(again.evaluation.accuracy).toBeGreaterThanOrEqual(0.9);
    await using model = await loadModelFromBytes(again.bytes, { threads: 1 });
    expect(model.classes).toEqual(['happy', 'surprise']);
  });

  it('counts rare classes as much as frequent ones', async () => {
    const uneven = samples.filter(({ label }, i) => label === 'happy' || (label === 'sad' && i % 6 === 0));
    const { evaluation, warnings } = await teacher.teach({ classes: ['happy', 'sad'], samples: uneven });
    expect(evaluation.perClass.sad!.recall).toBe(1);
    expect(warnings.join(' ')).toContain('sad has far fewer samples');
  });

  it('stops where it is told to, and refuses a second lesson meanwhile', async () => {
    const controller = new AbortController();
    const work = teacher.teach(
      { classes, samples: samples.map((sample) => ({ ...sample })), seed: 3 },
      { signal: controller.signal, onProgress: () => controller.abort() },
    );
    await expect(teacher.teach({ classes, samples })).rejects.toThrow(/found one that is teaching/);
    await expect(work).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('finds a picture that was added twice, in another size too', async () => {
    const { image } = samples[0]!;
    const { data } = image as { data: Uint8Array };
    const large = Uint8Array.from({ length: 96 * 96 }, (_, i) => {
      const [x, y] = [(i % 96) >> 1, Math.floor(i / 192)];
      return Math.min(255, data[y * side + x]! + 2);
    });
    const added: TeachingSample[] = [
      ...samples.slice(0, 20),
      { label: 'happy', image: { width: 96, height: 96, data: large } },
      { label: 'sad', image },
    ];
    expect(await teacher.findCopies(added)).toEqual([{ samples: [0, 20, 21], sameLabel: false }]);
  });
});

describe('lessons that can not be taught', () => {
  const lesson = (change: object) => teacher.teach({ classes, samples, ...change });

  it.each<[string, object, RegExp]>([
    ['one class', { classes: ['happy'] }, /expected 2 to 50 classes, got 1\./],
    [
      'doubled names',
      { classes: ['happy', 'Happy', 'sad'] },
      /expected different names .* "happy" and "Happy"/,
    ],
    ['an empty name', { classes: ['happy', ' '] }, /which is empty/],
    ['a name that is a path', { classes: ['happy', 'a/b'] }, /folders can't have/],
    [
      'a label that is no class',
      { classes: ['happy', 'sad'] },
      /samples\[120\]\.label: expected one of happy, sad/,
    ],
    [
      'a class without samples',
      { classes: [...classes, 'bored'] },
      /bored: expected at least 5 different pictures, found none/,
    ],
    ['an unknown option', { epochs: 3 }, /expected options among/],
    ['no image', { samples: [{ label: 'happy', image: 'a.png' }] }, /samples\[0\]: expected/],
  ])('are refused: %s', async (_what, change, message) => {
    await expect(lesson(change)).rejects.toThrow(message);
  });

  it('are refused where the pictures of a class are one picture', async () => {
    const one = samples.filter(({ label }) => label !== 'sad');
    const copies = Array.from({ length: 8 }, () => samples[60]!);
    await expect(lesson({ samples: [...one, ...copies] })).rejects.toThrow(
      /sad: expected at least 5 different pictures, found 8, of which 1 differ/,
    );
  });

  it('files that are no models are refused', async () => {
    await expect(openTeacher(new Uint8Array(10))).rejects.toMatchObject({ kind: 'model' });
    await expect(openTeacher('a.onnx' as unknown as Uint8Array)).rejects.toThrow(/got "a.onnx"/);
  });
});
