// Frames of pixels as a Matroska stream, by which ffmpeg takes them with their times: raw pixels alone have none, so that
// films with frames at irregular times would come out wrong. Format: RFC 9559 (Matroska), RFC 8794 (EBML); codec
// V_UNCOMPRESSED.

/** Ticks per second of the times in the stream. */
export const ticksPerSecond = 10_000;
const nanosecondsPerTick = 1e9 / ticksPerSecond;

/** Names of elements. */
const ids = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  colourSpace: 0x2eb524,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

function idBytes(id: number): number[] {
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

/** A size, in eight bytes. */
function sizeBytes(size: number): number[] {
  const bytes = [1];
  for (let shift = 6; shift >= 0; shift--) bytes.push(Math.floor(size / 256 ** shift) % 256);
  return bytes;
}

const unknownSize = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

function element(id: number, content: readonly number[]): number[] {
  return [...idBytes(id), ...sizeBytes(content.length), ...content];
}

const integer = (id: number, value: number) => element(id, sizeBytes(value).slice(1));
const text = (id: number, value: string) => element(id, [...Buffer.from(value, 'latin1')]);

/** What the stream begins with. */
export function matroskaHead(width: number, height: number): Uint8Array {
  const video = [
    ...integer(ids.pixelWidth, width),
    ...integer(ids.pixelHeight, height),
    ...text(ids.colourSpace, 'RGB\x18'),
  ];
  const track = [
    ...integer(ids.trackNumber, 1),
    ...integer(ids.trackUid, 1),
    ...integer(ids.trackType, 1),
    ...text(ids.codecId, 'V_UNCOMPRESSED'),
    ...element(ids.video, video),
  ];
  const info = [
    ...integer(ids.timestampScale, nanosecondsPerTick),
    ...text(ids.muxingApp, 'ferlab'),
    ...text(ids.writingApp, 'ferlab'),
  ];
  const header = [
    ...text(ids.docType, 'matroska'),
    ...integer(ids.docTypeVersion, 4),
    ...integer(ids.docTypeReadVersion, 2),
  ];
  return Uint8Array.from([
    ...element(ids.ebml, header),
    ...idBytes(ids.segment),
    ...unknownSize,
    ...element(ids.info, info),
    ...element(ids.tracks, element(ids.trackEntry, track)),
  ]);
}

/**
 * What comes before the pixels of a frame, which follow as they are.
 *
 * @param time in seconds, 0 or more.
 * @param bytes how many bytes the pixels have.
 */
export function frameHead(time: number, bytes: number): Uint8Array {
  const timestamp = integer(ids.timestamp, Math.round(time * ticksPerSecond));
  // Number of the track, time within the cluster (two bytes), flags: a key frame.
  const blockHead = [0x81, 0, 0, 0x80];
  const block = [...idBytes(ids.simpleBlock), ...sizeBytes(blockHead.length + bytes), ...blockHead];
  const cluster = [...idBytes(ids.cluster), ...sizeBytes(timestamp.length + block.length + bytes)];
  return Uint8Array.from([...cluster, ...timestamp, ...block]);
}
