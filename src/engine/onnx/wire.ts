// Reads protobuf messages without a schema (protobuf.dev/programming-guides/encoding): fields by their numbers. Loading the
// schema of ONNX takes longer than opening a small model.
//
// It refuses what other readers of the same bytes could understand in another way, such as a field that stands twice where
// one is expected: what was checked here is what the runtime then reads.

/** Int64 as a number (beyond 2^53 rounded), the bytes of a field with a length, or null for four or eight plain bytes. */
export type WireValue = number | Uint8Array | null;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The values of a message by the number of their field, in the order of the bytes. */
export class WireMessage {
  private readonly values = new Map<number, WireValue[]>();

  /** @throws RangeError where the bytes are no whole message. */
  constructor(bytes: Uint8Array) {
    for (const { field, value } of fieldsOf(bytes)) {
      const known = this.values.get(field);
      if (known === undefined) this.values.set(field, [value]);
      else known.push(value);
    }
  }

  /** The numbers of the fields that it has. */
  get fields(): number[] {
    return [...this.values.keys()];
  }

  has(field: number): boolean {
    return this.values.has(field);
  }

  /** The int64, int32 or enum of a field; 0 where it is missing. */
  integer(field: number): number {
    const value = this.one(field) ?? 0;
    if (typeof value !== 'number') throw ofOtherKind(field);
    return value;
  }

  /** The integers of a field, each by itself or packed. */
  integers(field: number): number[] {
    return this.all(field).flatMap((value) => {
      if (value === null) throw ofOtherKind(field);
      return typeof value === 'number' ? value : [...integersIn(value)];
    });
  }

  /** The bytes of a field; none where it is missing. */
  bytes(field: number): Uint8Array {
    const value = this.one(field);
    if (value === undefined) return new Uint8Array(0);
    if (!(value instanceof Uint8Array)) throw ofOtherKind(field);
    return value;
  }

  text(field: number): string {
    return textOf(this.bytes(field));
  }

  texts(field: number): string[] {
    return this.parts(field).map(textOf);
  }

  /** The message in a field; null where it is missing. */
  message(field: number): WireMessage | null {
    return this.has(field) ? new WireMessage(this.bytes(field)) : null;
  }

  messages(field: number): WireMessage[] {
    return this.parts(field).map((part) => new WireMessage(part));
  }

  private all(field: number): readonly WireValue[] {
    return this.values.get(field) ?? [];
  }

  private one(field: number): WireValue | undefined {
    const values = this.all(field);
    if (values.length > 1) throw new RangeError(`it holds the field ${field} ${values.length} times`);
    return values[0];
  }

  private parts(field: number): Uint8Array[] {
    return this.all(field).map((value) => {
      if (!(value instanceof Uint8Array)) throw ofOtherKind(field);
      return value;
    });
  }
}

function ofOtherKind(field: number): RangeError {
  return new RangeError(`it holds another kind of value in the field ${field}`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RangeError('it holds a text that is not UTF-8');
  }
}

/** Where reading has come to. */
interface Cursor {
  readonly bytes: Uint8Array;
  place: number;
}

function* fieldsOf(bytes: Uint8Array): Generator<{ field: number; value: WireValue }> {
  const cursor: Cursor = { bytes, place: 0 };
  while (cursor.place < bytes.length) {
    const tag = readInteger(cursor);
    const field = Math.floor(tag / 8);
    if (field < 1 || field >= 2 ** 29) throw new RangeError('it holds a field without a number');
    yield { field, value: readValue(cursor, tag % 8) };
  }
}

function* integersIn(bytes: Uint8Array): Generator<number> {
  const cursor: Cursor = { bytes, place: 0 };
  while (cursor.place < bytes.length) yield readInteger(cursor);
}

function readValue(cursor: Cursor, kind: number): WireValue {
  switch (kind) {
    case 0:
      return readInteger(cursor);
    case 1:
      take(cursor, 8);
      return null;
    case 2:
      return take(cursor, readInteger(cursor));
    case 5:
      take(cursor, 4);
      return null;
    default:
      throw new RangeError('it holds a field of unknown kind');
  }
}

function take(cursor: Cursor, count: number): Uint8Array {
  const { bytes, place } = cursor;
  if (count < 0 || place + count > bytes.length) throw new RangeError('it ends within a field');
  cursor.place += count;
  return bytes.subarray(place, place + count);
}

/** Reads an int64 of one to ten bytes of seven bits, the lowest first. */
function readInteger(cursor: Cursor): number {
  let value = 0;
  for (let i = 0, factor = 1; i < 7; i++, factor *= 128) {
    const byte = nextByte(cursor);
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
  // Beyond 49 bits, as all negative numbers are: a number alone would round.
  let long = BigInt(value);
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = nextByte(cursor);
    if (shift === 63n && byte > 1)
      throw new RangeError('it holds a number of more than ten bytes or 64 bits');
    long |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  return Number(BigInt.asIntN(64, long));
}

function nextByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.place++];
  if (byte === undefined) throw new RangeError('it ends within a number');
  return byte;
}
