// The first directory of a TIFF file (TIFF 6.0, section 2; BigTIFF): what its levels are, and whether the data that it
// points at is there. Levels decide whether 8-bit grey can be made of them: floating-point levels from 0 to 1 would
// come out black.

export interface TiffHeaders {
  /** Bits of each channel. */
  bits: number[];
  /** 1 unsigned integers, 2 signed integers, 3 floating point, 4 undefined, 5 and 6 complex. */
  sampleFormat: number;
  /** Whether strips and tiles lie inside the file. */
  whole: boolean;
}

const tags = {
  bits: 258,
  stripOffsets: 273,
  stripCounts: 279,
  tileOffsets: 324,
  tileCounts: 325,
  sampleFormat: 339,
};
/** Bytes of a value by its type, as far as the tags here use them: BYTE, SHORT, LONG, LONG8. */
const typeBytes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };
/** Values read of one tag: more strips or tiles than this aren't looked at. */
const maxValues = 65_536;

/** @returns null where there is no directory to be read. */
export function readTiffHeaders(bytes: Uint8Array): TiffHeaders | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return readDirectory(view);
  } catch (error) {
    if (error instanceof RangeError) return null; // an offset beyond the end
    throw error;
  }
}

function readDirectory(view: DataView): TiffHeaders {
  const little = view.getUint8(0) === 0x49;
  const big = view.getUint16(2, little) === 43;
  const number = (at: number, size: number): number => {
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at, little);
    return size === 4 ? view.getUint32(at, little) : Number(view.getBigUint64(at, little));
  };
  const wide = big ? 8 : 4;
  const directory = number(big ? 8 : 4, wide);
  const entries = number(directory, big ? 8 : 2);
  const valuesOf = new Map<number, number[]>();
  for (let i = 0; i < Math.min(entries, 4096); i++) {
    const entry = directory + (big ? 8 : 2) + i * (big ? 20 : 12);
    const size = typeBytes[number(entry + 2, 2)];
    const tag = number(entry, 2);
    if (size === undefined || !Object.values(tags).includes(tag)) continue;
    const count = Math.min(number(entry + 4, wide), maxValues);
    const inline = entry + 4 + wide;
    const at = count * size <= wide ? inline : number(inline, wide);
    valuesOf.set(
      tag,
      Array.from({ length: count }, (_, k) => number(at + k * size, size)),
    );
  }
  const values = (tag: number) => valuesOf.get(tag) ?? [];
  const offsets = [...values(tags.stripOffsets), ...values(tags.tileOffsets)];
  const counts = [...values(tags.stripCounts), ...values(tags.tileCounts)];
  return {
    bits: valuesOf.get(tags.bits) ?? [1],
    sampleFormat: values(tags.sampleFormat)[0] ?? 1,
    whole: offsets.every((offset, i) => offset + (counts[i] ?? 0) <= view.byteLength),
  };
}

const formatNames: Readonly<Record<number, string>> = {
  2: 'signed',
  3: 'floating-point',
  5: 'complex',
  6: 'complex',
};

/** Why no grey levels from 0 to 255 can be made of it; null where they can. */
export function unreadLevels({ bits, sampleFormat }: TiffHeaders): string | null {
  const depth = bits[0] ?? 1;
  const readable = [1, 2, 4, 8, 16].includes(depth) && bits.every((other) => other === depth);
  if (readable && (sampleFormat === 1 || sampleFormat === 4)) return null;
  const found = `${bits.every((other) => other === depth) ? depth : bits.join('/')}-bit`;
  const kind = formatNames[sampleFormat] ?? 'integer';
  return `expected unsigned levels of 8 or 16 bits, found ${found} ${kind} ones: save it with 8 bits, black 0 and white 255`;
}
