// What a file is, by its first bytes. Only the formats that the program promises reach a decoder; the general decoder
// could open more (SVG, HEIF, ...), which would let a small upload named face.jpg take minutes. Other formats that
// people have are named, with what to do.

/** The formats that are read. */
export type ImageFormat = 'JPEG' | 'PNG' | 'WebP' | 'GIF' | 'TIFF' | 'BMP';

const promisedFormats = 'JPEG, PNG, WebP, GIF, TIFF or BMP';

function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The format of an image that is read; null for everything else. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  if (startsWith(bytes, '\xff\xd8\xff')) return 'JPEG';
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return 'PNG';
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return 'WebP';
  if (startsWith(bytes, 'GIF87a') || startsWith(bytes, 'GIF89a')) return 'GIF';
  // The last two are BigTIFF.
  for (const magic of ['II*\0', 'MM\0*', 'II+\0', 'MM\0+']) if (startsWith(bytes, magic)) return 'TIFF';
  if (startsWith(bytes, 'BM') && isBmpHeader(bytes)) return 'BMP';
  return null;
}

/** "BM" alone begins many texts: the size of the header behind it has to be one that BMP files have. */
function isBmpHeader(bytes: Uint8Array): boolean {
  const size = bytes[14]! | (bytes[15]! << 8) | (bytes[16]! << 16) | (bytes[17]! << 24);
  return [12, 16, 40, 52, 56, 64, 108, 124].includes(size);
}

interface OtherFormat {
  name: string;
  remedy: string;
  /** Whether it is an image, or may be taken for one, so that leaving it out loses an image. */
  isImage: boolean;
}

const toJpeg = 'convert it to JPEG or PNG';

/** Brands of ISO media files (HEIF, ISO/IEC 23008-12; AVIF; JPEG XL and JPEG 2000 have signatures of their own). */
function isoMedia(bytes: Uint8Array): OtherFormat | null {
  if (!startsWith(bytes, 'ftyp', 4)) return null;
  const brand = String.fromCharCode(...bytes.subarray(8, 12));
  if (brand === 'avif' || brand === 'avis') return { name: 'AVIF', remedy: toJpeg, isImage: true };
  if (/^(hei|hev|mif1|msf1)/.test(brand)) {
    const remedy =
      'export it as JPEG (an iPhone takes JPEG with Settings > Camera > Formats > Most Compatible)';
    return { name: 'HEIC', remedy, isImage: true };
  }
  if (brand.startsWith('crx')) return { name: 'Canon raw data (CR3)', remedy: toJpeg, isImage: true };
  return { name: 'a video', remedy: 'save single frames as images', isImage: false };
}

/** By their first bytes; `at` where these aren't the file's first. */
const signatures: readonly (OtherFormat & { magic: string; at?: number })[] = [
  { magic: '\0\0\0\x0cJXL ', name: 'JPEG XL', remedy: toJpeg, isImage: true },
  { magic: '\xff\x0a', name: 'JPEG XL', remedy: toJpeg, isImage: true },
  { magic: '\0\0\0\x0cjP  ', name: 'JPEG 2000', remedy: toJpeg, isImage: true },
  { magic: '\xff\x4f\xff\x51', name: 'JPEG 2000', remedy: toJpeg, isImage: true },
  { magic: '8BPS', name: 'Photoshop', remedy: toJpeg, isImage: true },
  { magic: '\0\0\x01\0', name: 'an icon (ICO)', remedy: toJpeg, isImage: true },
  { magic: 'v/1\x01', name: 'OpenEXR', remedy: toJpeg, isImage: true },
  { magic: '#?RADIANCE', name: 'Radiance HDR', remedy: toJpeg, isImage: true },
  { magic: 'SIMPLE  =', name: 'FITS', remedy: toJpeg, isImage: true },
  { magic: 'gimp xcf', name: 'GIMP', remedy: toJpeg, isImage: true },
  { magic: 'DDS ', name: 'DDS', remedy: toJpeg, isImage: true },
  { magic: '%PDF', name: 'PDF', remedy: 'export its pages as JPEG or PNG', isImage: true },
  { magic: '%!PS', name: 'PostScript', remedy: 'export its pages as JPEG or PNG', isImage: true },
  { magic: 'version https://git-lfs', name: 'a Git LFS pointer', remedy: 'run git lfs pull', isImage: true },
  { magic: 'PK\x03\x04', name: 'a zip archive', remedy: 'unpack it', isImage: false },
  { magic: 'PK\x05\x06', name: 'an empty zip archive', remedy: 'make it again', isImage: false },
  { magic: 'ustar', at: 257, name: 'a tar archive', remedy: 'unpack it', isImage: false },
  { magic: '\x1f\x8b', name: 'gzip data', remedy: 'unpack it', isImage: false },
  { magic: 'BZh', name: 'bzip2 data', remedy: 'unpack it', isImage: false },
  { magic: '\xfd7zXZ', name: 'xz data', remedy: 'unpack it', isImage: false },
  { magic: '\x28\xb5\x2f\xfd', name: 'zstd data', remedy: 'unpack it', isImage: false },
  { magic: '7z\xbc\xaf\x27\x1c', name: 'a 7z archive', remedy: 'unpack it', isImage: false },
  { magic: 'Rar!\x1a', name: 'a rar archive', remedy: 'unpack it', isImage: false },
  { magic: '\x89HDF', name: 'HDF5', remedy: 'export its images as JPEG or PNG', isImage: false },
  { magic: '\x93NUMPY', name: 'a NumPy array', remedy: 'export its images as JPEG or PNG', isImage: false },
  { magic: 'PAR1', name: 'Parquet', remedy: 'export its images as JPEG or PNG', isImage: false },
  { magic: '\xd0\xcf\x11\xe0', name: 'an Office file', remedy: 'save it as CSV', isImage: false },
];

/** Names what is no promised image; null for data of no format that is known here. */
export function otherFormat(bytes: Uint8Array): OtherFormat | null {
  const iso = isoMedia(bytes);
  if (iso) return iso;
  for (const { magic, at = 0, ...format } of signatures) if (startsWith(bytes, magic, at)) return format;
  if (/^P[1-7]\s/.test(latin1(bytes, 3)))
    return { name: 'PNM (PBM, PGM, PPM)', remedy: toJpeg, isImage: true };
  const text = latin1(bytes, 1024)
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart()
    .toLowerCase();
  if (text.startsWith('<') && text.includes('<svg')) return { name: 'SVG', remedy: toJpeg, isImage: true };
  if (text.startsWith('<!doctype html') || text.startsWith('<html'))
    return { name: 'a web page', remedy: 'download the image again', isImage: true };
  return null;
}

function latin1(bytes: Uint8Array, count: number): string {
  return String.fromCharCode(...bytes.subarray(0, count));
}

/** "expected ..., found ...: what to do" of a file that is no promised image. */
export function notAnImage(bytes: Uint8Array): string {
  const expected = `expected a ${promisedFormats} image`;
  const other = otherFormat(bytes);
  if (other) return `${expected}, found ${other.name}: ${other.remedy}`;
  const zeros = bytes.subarray(0, 4096).every((byte) => byte === 0);
  return `${expected}, found ${zeros ? 'nothing but zeros' : 'other data'}`;
}
