import { expect, it } from 'vitest';
import type { ImageStore } from '../../data/store/store.js';
import { resolveTrainConfig } from '../config/config.js';
import type { TrainEvent } from '../loop/events.js';
import { askTeachers } from './teacher-answers.js';

const count = 70; // more than one question
const classes = 2;

/** Images of 2x1 pixels, [place, 100 + place]. */
const store = {
  count,
  width: 2,
  height: 1,
  labels: new Int32Array(count),
  kept: {
    memory: Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i / 2 : 100 + (i - 1) / 2)),
    slots: Int32Array.from({ length: count }, (_, i) => i),
  },
} as unknown as ImageStore;

/** Answers with the left pixel and twice the right one, and counts. */
function teacher() {
  const asked: number[] = [];
  const logits = async (pixels: Float32Array) => {
    asked.push(pixels.length / 2);
    return pixels.map((value, i) => (i % 2 === 0 ? value : 2 * value));
  };
  return { asked, logits };
}

const configOf = (horizontalFlip: boolean) =>
  resolveTrainConfig('seed', {
    data: { path: 'faces' },
    augment: { horizontalFlip },
    distillation: { teachers: ['a.onnx'] },
  });

it('asks nobody where there are no teachers', async () => {
  expect(await askTeachers(null, configOf(true), store, classes, {})).toBeNull();
});

it('asks about every image once, and answers by its place', async () => {
  const { asked, logits } = teacher();
  const answers = await askTeachers({ logits }, configOf(false), store, classes, {});
  expect(asked).toEqual([64, 6]);
  const found = answers!.logits({ indices: Int32Array.of(69, 3) });
  expect(found).toEqual(Float32Array.of(69, 2 * 169, 3, 2 * 103));
  expect(asked).toHaveLength(2);
});

it('takes the mean of what is said of an image and of its mirror image, where training mirrors', async () => {
  const { asked, logits } = teacher();
  const answers = await askTeachers({ logits }, configOf(true), store, classes, {});
  expect(asked).toEqual([64, 64, 6, 6]);
  const [left, right] = [3, 103];
  expect(answers!.logits({ indices: Int32Array.of(3) })).toEqual(
    Float32Array.of((left + right) / 2, right + left),
  );
});

it('reports its progress, and stops when it is asked to', async () => {
  const events: TrainEvent[] = [];
  const stop = new AbortController();
  await askTeachers(teacher(), configOf(false), store, classes, {
    signal: stop.signal,
    onProgress(event) {
      events.push(event);
      stop.abort();
    },
  });
  expect(events).toEqual([{ type: 'teach', done: 64, total: 70 }]);
});
