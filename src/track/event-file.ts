// TensorBoard's event files: records of TensorFlow's TFRecord (length, masked CRC-32C of it, bytes, masked CRC-32C of
// them), each an Event by TensorFlow's own schema (schema/).
// Sources: tensorflow/core/lib/io/record_writer.cc, tensorflow/core/util/event.proto.

import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Summary_ValueSchema, SummarySchema } from './schema/tensorflow/core/framework/summary_pb.js';
import { DataType } from './schema/tensorflow/core/framework/types_pb.js';
import { EventSchema } from './schema/tensorflow/core/util/event_pb.js';

type SummaryValue = MessageInitShape<typeof Summary_ValueSchema>;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  // Castagnoli's polynomial, its bits reversed.
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** TensorFlow rotates and shifts checksums, since those of data that holds checksums say little. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** One record of a TFRecord file. */
export function frame(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return record;
}

export interface EventFile {
  readonly path: string;
  /** Adds numbers by their tags. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  /** Adds a PNG file. */
  image(step: number, tag: string, png: Uint8Array): void;
  /** Adds a text, as Markdown. */
  text(step: number, tag: string, markdown: string): void;
}

/**
 * Opens a new event file in a folder. Every event is on disk when its call returns.
 *
 * @param now seconds since 1970.
 */
export function openEventFile(folder: string, now: () => number = () => Date.now() / 1000): EventFile {
  const started = now();
  const name = `events.out.tfevents.${Math.floor(started)}.${hostname()}.${process.pid}.${Math.floor((started % 1) * 1e6)}.v2`;
  const path = join(folder, name);
  const append = (event: MessageInitShape<typeof EventSchema>): void => {
    appendFileSync(path, frame(toBinary(EventSchema, create(EventSchema, event))));
  };
  const add = (step: number, value: SummaryValue[]): void =>
    append({
      wallTime: now(),
      step: BigInt(step),
      what: { case: 'summary', value: create(SummarySchema, { value }) },
    });
  append({
    wallTime: started,
    what: { case: 'fileVersion', value: 'brain.Event:2' },
    sourceMetadata: { writer: 'ferlab' },
  });
  return {
    path,
    scalars: (step, values) =>
      add(
        step,
        Object.entries(values).map(([tag, value]) => ({ tag, value: { case: 'simpleValue', value } })),
      ),
    image: (step, tag, png) =>
      add(step, [
        { tag, value: { case: 'image', value: { ...sizeOf(png), colorspace: 3, encodedImageString: png } } },
      ]),
    text: (step, tag, markdown) =>
      add(step, [
        {
          tag: `${tag}/text_summary`,
          metadata: { pluginData: { pluginName: 'text' } },
          value: {
            case: 'tensor',
            value: {
              dtype: DataType.DT_STRING,
              tensorShape: { dim: [{ size: 1n }] },
              stringVal: [new TextEncoder().encode(markdown)],
            },
          },
        },
      ]),
  };
}

/** The size in a PNG's first chunk. */
function sizeOf(png: Uint8Array): { width: number; height: number } {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
