// What a JPEG file's markers say (ITU-T T.81, annex B), read without decoding: its precision, and how many scans a
// progressive image has. Every scan of a progressive image passes over the whole of it, so a file of some kilobytes
// could keep a decoder busy for minutes.

export interface JpegHeaders {
  /** Null where no frame header was found. */
  frame: { precision: number; width: number; height: number; progressive: boolean; lossless: boolean } | null;
  scans: number;
  /** Whether there is an end-of-image marker behind the last scan. */
  ends: boolean;
}

/** Scans that are read: encoders make about ten. */
export const maxScans = 100;
/** Scans times megapixels, which the time goes by: ten scans of the largest image, and 500 at least. */
export function maxScanMegapixels(maxPixels: number): number {
  return Math.max(500, (maxPixels / 1e6) * 10);
}

const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Where the next marker behind entropy-coded data is: after 0xff, neither a stuffed zero, a restart nor a fill byte. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(0xff, from);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    const marker = bytes[at + 1]!;
    if (marker !== 0 && marker !== 0xff && (marker < 0xd0 || marker > 0xd7)) return at;
  }
  return -1;
}

export function readJpegHeaders(bytes: Uint8Array): JpegHeaders {
  const headers: JpegHeaders = { frame: null, scans: 0, ends: false };
  let at = 2;
  while (at >= 0 && at + 1 < bytes.length) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0xff) {
      at = nextMarker(bytes, at);
      continue;
    }
    if (marker === endOfImage) {
      headers.ends = true;
      break;
    }
    const length = at + 4 <= bytes.length ? bytes[at + 2]! * 256 + bytes[at + 3]! : 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame && !headers.frame && at + 9 <= bytes.length) {
      headers.frame = {
        precision: bytes[at + 4]!,
        height: bytes[at + 5]! * 256 + bytes[at + 6]!,
        width: bytes[at + 7]! * 256 + bytes[at + 8]!,
        progressive: [0xc2, 0xc6, 0xca, 0xce].includes(marker),
        lossless: [0xc3, 0xc7, 0xcb, 0xcf].includes(marker),
      };
    }
    if (marker === startOfScan) {
      headers.scans++;
      at = nextMarker(bytes, at + 2 + length);
    } else at += 2 + length;
  }
  return headers;
}
