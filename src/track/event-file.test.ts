// Event files, byte by byte. test/golden/tensorboard/check.py reads one with TensorBoard's own loader.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, describe, expect, it } from 'vitest';
import type { TrainEvent } from '../train/loop/events.js';
import { crc32c, frame, openEventFile } from './event-file.js';
import { followTraining } from './follow.js';
import { type Event, EventSchema } from './schema/tensorflow/core/util/event_pb.js';

const folder = mkdtempSync(join(tmpdir(), 'ferlab-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** The events of a file, with both checksums of each record checked. */
function readEvents(path: string): Event[] {
  const bytes = readFileSync(path);
  const events: Event[] = [];
  for (let place = 0; place < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(place));
    const data = bytes.subarray(place + 12, place + 12 + length);
    expect(bytes.subarray(place, place + 16 + length)).toEqual(Buffer.from(frame(data)));
    events.push(fromBinary(EventSchema, data));
    place += 16 + length;
  }
  return events;
}

describe('event files', () => {
  it('have checksums as in RFC 3720, masked as TensorFlow does', () => {
    expect(crc32c(text('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    // An empty record: the length's checksum and that of nothing.
    expect(Buffer.from(frame(new Uint8Array(0))).toString('hex')).toBe('000000000000000029039807d8ea82a2');
  });

  it('hold numbers, pictures and texts', () => {
    const file = openEventFile(folder, () => 1700000000.25);
    file.scalars(3, { 'loss/training': 0.5, learning_rate: 0.001 });
    file.image(3, 'mistakes', readFileSync('docs/astronaut.jpg').subarray(0, 64));
    file.text(0, 'configuration', '| a | b |');
    const [first, scalars, image, note] = readEvents(file.path);
    expect(file.path).toMatch(/events\.out\.tfevents\.1700000000\./);
    expect(first!.what).toEqual({ case: 'fileVersion', value: 'brain.Event:2' });
    expect(scalars).toMatchObject({
      step: 3n,
      wallTime: 1700000000.25,
      what: { value: { value: [{ tag: 'loss/training', value: { value: 0.5 } }, { tag: 'learning_rate' }] } },
    });
    expect(image).toMatchObject({
      what: { value: { value: [{ tag: 'mistakes', value: { case: 'image' } }] } },
    });
    expect(note).toMatchObject({
      what: {
        value: {
          value: [{ tag: 'configuration/text_summary', metadata: { pluginData: { pluginName: 'text' } } }],
        },
      },
    });
  });

  it('follow a training', () => {
    const run = mkdtempSync(join(folder, 'run-'));
    writeFileSync(
      join(run, 'config.json'),
      JSON.stringify({ config: { optimizer: { name: 'adam' }, model: { nodes: [1] } } }),
    );
    const warnings: string[] = [];
    const { onProgress } = followTraining({ tensorboard: true }, (message) => warnings.push(message));
    const row = {
      epoch: 1,
      learningRate: 0.01,
      measures: { loss: 1, accuracy: 0.5, valLoss: 2, valAccuracy: 0.4 },
      seconds: 1,
      imagesPerSecond: 10,
      dataWait: 0,
    };
    const events: TrainEvent[] = [
      { type: 'start', runFolder: run, epoch: 1, epochs: 1, steps: 1 },
      { type: 'epoch', row, epochs: 1, best: true },
      { type: 'done', runFolder: run },
    ];
    for (const event of events) onProgress(event);
    expect(warnings).toEqual([]);
    const name = readdirSync(run).find((file) => file.startsWith('events'))!;
    const values = readEvents(join(run, name)).flatMap(({ what }) =>
      what.case === 'summary' ? what.value.value : [],
    );
    expect(values.map(({ tag }) => tag)).toEqual([
      'configuration/text_summary',
      'loss/training',
      'accuracy/training',
      'loss/validation',
      'accuracy/validation',
      'learning_rate',
      'speed/seconds',
      'speed/images_per_second',
    ]);
    const [configuration] = values;
    const told = configuration!.value.case === 'tensor' ? configuration!.value.value.stringVal[0] : undefined;
    expect(new TextDecoder().decode(told)).toBe(
      '| setting | value |\n| --- | --- |\n| optimizer.name | adam |',
    );
  });

  it('are done without where they can not be written', () => {
    const warnings: string[] = [];
    const { onProgress } = followTraining({ tensorboard: true }, (message) => warnings.push(message));
    const start: TrainEvent = {
      type: 'start',
      runFolder: join(folder, 'missing'),
      epoch: 1,
      epochs: 1,
      steps: 1,
    };
    onProgress(start);
    onProgress(start);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/TensorBoard can't be written/);
  });
});
