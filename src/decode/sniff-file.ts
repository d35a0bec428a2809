// Whether a file whose name is no image's holds one all the same.

import { open } from 'node:fs/promises';
import { imageFormat, otherFormat } from './image-format.js';

const headBytes = 1024;

/** The format of the image in a file; null where it holds none or can't be read. */
export async function imageInFile(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      const head = buffer.subarray(0, bytesRead);
      const other = otherFormat(head);
      return imageFormat(head) ?? (other?.isImage ? other.name : null);
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
