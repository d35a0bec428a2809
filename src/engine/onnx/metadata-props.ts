// Reads the metadata of an ONNX file alone, without its graph and weights and without the schema of the format, whose
// loading takes longer than opening a small model. Only the outermost level of protobuf's encoding is walked
// (protobuf.dev/programming-guides/encoding).

/** Field numbers of ModelProto, and of the StringStringEntryProto that its metadata_props are. */
const metadataProps = 14;
const entryKey = 1;
const entryValue = 2;

/**
 * The metadata_props of a model file.
 *
 * @throws RangeError where the bytes are no whole protobuf message.
 */
export function readMetadataProps(bytes: Uint8Array): Record<string, string> {
  const decoder = new TextDecoder();
  const properties: Record<string, string> = {};
  for (const { field, content } of fieldsOf(bytes)) {
    if (field !== metadataProps || content === null) continue;
    const entry = { key: '', value: '' };
    for (const { field: part, content: text } of fieldsOf(content)) {
      if (part === entryKey && text !== null) entry.key = decoder.decode(text);
      if (part === entryValue && text !== null) entry.value = decoder.decode(text);
    }
    properties[entry.key] = entry.value;
  }
  return properties;
}

/** The fields of a message; `content` is null for numbers. */
function* fieldsOf(bytes: Uint8Array): Generator<{ field: number; content: Uint8Array | null }> {
  let place = 0;
  const readNumber = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      const byte = bytes[place++];
      if (byte === undefined) throw new RangeError('it ends within a number');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError('it holds a number of more than ten bytes');
  };
  const skip = (count: number): Uint8Array => {
    if (place + count > bytes.length) throw new RangeError('it ends within a field');
    place += count;
    return bytes.subarray(place - count, place);
  };
  while (place < bytes.length) {
    const tag = readNumber();
    const field = Math.floor(tag / 8);
    if (field === 0) throw new RangeError('it holds a field without a number');
    switch (tag % 8) {
      case 0:
        readNumber();
        yield { field, content: null };
        break;
      case 1:
        skip(8);
        yield { field, content: null };
        break;
      case 2:
        yield { field, content: skip(readNumber()) };
        break;
      case 5:
        skip(4);
        yield { field, content: null };
        break;
      default:
        throw new RangeError('it holds a field of unknown kind');
    }
  }
}
