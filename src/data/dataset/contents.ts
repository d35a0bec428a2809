// What lies in a folder that isn't the dataset that was looked for, and what a file is that isn't one: for errors, which
// then say what to do about it.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { imageFormat, otherFormat } from '../../decode/image-format.js';
import { isImageName, listFolder, looksLikeImage } from '../../files/walk-images.js';

const archive = /\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar)$/i;

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

/** " It holds 12 images (a.jpg, ...) ..." and what to do about these; "It is empty." */
export async function describeContents(path: string): Promise<string> {
  const entries = await listFolder(path).catch(() => []);
  if (entries.length === 0) return ' The folder is empty.';
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const folders = entries.length - names.length;
  const images = names.filter(isImageName);
  const others = names.filter((name) => looksLikeImage(name) && !isImageName(name));
  const csv = names.filter((name) => /\.csv$/i.test(name));
  const archives = names.filter((name) => archive.test(name));
  const rest = names.length - images.length - others.length - csv.length - archives.length;
  const parts: string[] = [];
  const remedies: string[] = [];
  const named = (files: readonly string[], what: string) => {
    if (files.length === 0) return;
    const all = what.startsWith('image')
      ? what.replace('image', files.length === 1 ? '1 image' : `${files.length} images`)
      : counted(files.length, what);
    parts.push(`${all} (${files[0]}${files.length > 1 ? ', ...' : ''})`);
  };
  named(images, 'image');
  if (images.length > 0) remedies.push('put the images into one folder per class');
  named(others, 'image of a format that is not read');
  if (others.length > 0) remedies.push('convert those to JPEG or PNG');
  named(csv, 'CSV file');
  if (csv.length > 0)
    remedies.push(
      `give the path of a CSV file that has the columns emotion and pixels (${join(path, csv[0]!)})`,
    );
  named(archives, 'archive');
  if (archives.length > 0) remedies.push(`unpack ${archives[0]}`);
  if (rest > 0) parts.push(counted(rest, 'other file'));
  if (folders > 0) parts.push(`${counted(folders, 'folder')} without images in them`);
  const remedy = remedies.length > 0 ? ` To use it, ${remedies.join('; ')}.` : '';
  return ` It holds ${parts.join(', ')}.${remedy}`;
}

/** What a file is that isn't one of comma-separated text, with what to do: "a zip archive: unpack it"; null where it may be one. */
export function describeNoCsv(head: Uint8Array): string | null {
  const text = describeText(head) ?? describeSeparator(head);
  if (text !== null) return text;
  const image = imageFormat(head);
  if (image !== null) return `one ${image} image`;
  const other = otherFormat(head);
  return other && `${other.name}: ${other.remedy}`;
}

/** What a file is that was given as a dataset, with what to do: "a zip archive: unpack it". */
export async function describeFile(path: string): Promise<string> {
  const head = await readHead(path);
  const text = describeText(head);
  if (text !== null) return text;
  const image = imageFormat(head);
  if (image !== null) return `one ${image} image: put it into a folder for its class`;
  const other = otherFormat(head);
  return other ? `${other.name}: ${other.remedy}` : 'a file that is not a .csv';
}

/** "text in UTF-16: ..." for text that isn't UTF-8; null for other data. */
export function describeText(head: Uint8Array): string | null {
  const remedy = 'save it as UTF-8 ("CSV UTF-8" in a spreadsheet program)';
  const [a, b] = head;
  const marked = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  // Without a mark: every other byte of western text is zero.
  const zeros = (from: number) => {
    let count = 0;
    for (let i = from; i < Math.min(head.length, 64); i += 2) if (head[i] === 0) count++;
    return count;
  };
  const half = Math.floor(Math.min(head.length, 64) / 2);
  const unmarked = half >= 4 && Math.max(zeros(0), zeros(1)) === half && Math.min(zeros(0), zeros(1)) === 0;
  return marked || unmarked ? `text in UTF-16: ${remedy}` : null;
}

/** What spreadsheet programs write in countries whose numbers have decimal commas, and others for "tab-separated". */
function describeSeparator(head: Uint8Array): string | null {
  const line = Buffer.from(head.subarray(0, 1000))
    .toString('latin1')
    .split(/[\r\n]/, 1)[0]!;
  if (!/^[\x20-\x7e\t\xa0-\xff]*$/.test(line) || line.includes(',')) return null;
  const between = line.includes(';') ? 'semicolons' : line.includes('\t') ? 'tabs' : null;
  return between && `text with ${between} between the fields: save it with commas`;
}

async function readHead(path: string, bytes = 1024): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return new Uint8Array(0);
  }
}
