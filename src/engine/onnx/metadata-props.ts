// Reads the metadata of an ONNX file alone, without its graph and weights and without the schema of the format.

import { WireMessage } from './wire.js';

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
  const entries = new WireMessage(bytes).messages(metadataProps);
  return Object.fromEntries(entries.map((entry) => [entry.text(entryKey), entry.text(entryValue)]));
}
