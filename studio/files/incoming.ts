// Files that come into the page: dropped anywhere, folders too, or pasted.

import { useEffect } from 'preact/hooks';
import { filesOver } from '../components/drop-zone.js';

/** Of one drop; a whole disk may have been dropped. */
const mostFiles = 2_000;

/** The files of a drop, those of dropped folders by name. */
async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const files: File[] = [];
  for (const entry of entries) if (entry !== null) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length >= mostFiles) return;
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) =>
      (entry as FileSystemFileEntry).file(resolve, () => resolve(null)),
    );
    if (file !== null) files.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  // A reader gives its entries in parts, and then none.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (part.length === 0 || inside.length >= mostFiles) break;
    inside.push(...part);
  }
  inside.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  for (const child of inside) await collect(child, files);
}

const holdsFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;

/** Hands over what is dropped on the page or pasted, as long as the component is shown. `take` may change. */
export function useIncomingFiles(take: (files: File[]) => void): void {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      filesOver.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) filesOver.value = false;
    };
    const drop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      filesOver.value = false;
      void filesOf(event.dataTransfer!).then((files) => files.length > 0 && take(files));
    };
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const files = [...(clipboardData?.files ?? [])];
      if (files.length > 0) take(files);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, [take]);
}

/** What a file is for the page, by its type and name. */
export function kindOfFile({ type, name }: File): 'picture' | 'film' | 'model' | 'other' {
  if (/\.onnx$/i.test(name)) return 'model';
  if (type.startsWith('image/')) return 'picture';
  if (type.startsWith('video/') || /\.(mkv|m4v)$/i.test(name)) return 'film';
  return 'other';
}
