// Samples as a zip file of class folders, which `ferlab train` and the Teach view read.

import { unzip, zipSync } from 'fflate';
import { nameProblem } from '../../../src/teach/check-lesson.js';
import {
  addClass,
  addPictures,
  type LessonClass,
  lessonClasses,
  type Sample,
  samplesOf,
} from './lesson-state.js';

/** Bounds of a zip file that is read, so that none can fill the memory. */
const mostFiles = 5_000;
const largestFile = 20_000_000;
const largestWhole = 300_000_000;

/** Frames of a recording are named by it, so that they stay together when the file is read again. */
function nameOf({ take }: Sample, i: number): string {
  const number = String(i + 1).padStart(4, '0');
  return take === undefined ? `${number}.png` : `${number}-${take}.png`;
}

const takeIn = (name: string): string | undefined => /^\d+-(take-[\w-]+)\.\w+$/.exec(name)?.[1];

/** The zip file: a folder for each class. */
export async function zipSamples(): Promise<Blob> {
  const files: Record<string, Uint8Array> = {};
  for (const { id, name } of lessonClasses.value)
    for (const [i, sample] of samplesOf(id).entries())
      files[`${name.trim()}/${nameOf(sample, i)}`] = new Uint8Array(await sample.png.arrayBuffer());
  // PNGs are compressed already.
  return new Blob([zipSync(files, { level: 0 }) as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
}

interface FoundFile {
  label: string;
  file: File;
}

async function read(zip: File): Promise<FoundFile[]> {
  const bytes = new Uint8Array(await zip.arrayBuffer());
  let [count, size] = [0, 0];
  const wanted = (path: string): boolean =>
    /[^/]\/[^/]+\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(path) && !/(^|\/)(\.|__MACOSX)/.test(path);
  const files = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(
      bytes,
      {
        filter: ({ name, originalSize }) => {
          if (!wanted(name) || originalSize > largestFile) return false;
          count++;
          size += originalSize;
          return count <= mostFiles && size <= largestWhole;
        },
      },
      (error, found) => (error ? reject(error) : resolve(found)),
    );
  });
  return Object.entries(files).map(([path, content]) => {
    const [name = '', label = ''] = path.split('/').reverse();
    return { label, file: new File([content as Uint8Array<ArrayBuffer>], name) };
  });
}

/**
 * Adds the samples of a zip file; classes of the same name are continued, others are added. Empty classes give way to them.
 *
 * @throws Error with words for people, where there are no class folders with pictures in it.
 */
export async function loadSamples(zip: File): Promise<void> {
  const found = await read(zip).catch((error: Error) => {
    throw new Error(
      `${zip.name}: expected a zip file of class folders, found one that can\u2019t be read (${error.message}).`,
    );
  });
  const labels = [...new Set(found.map(({ label }) => label))];
  if (labels.length === 0)
    throw new Error(
      `${zip.name}: expected a zip file with a folder of pictures for each class, found none in it.`,
    );
  const wrong = labels.find((label) => nameProblem(label) !== null);
  if (wrong !== undefined)
    throw new Error(`${zip.name}: the folder \u201c${wrong}\u201d ${nameProblem(wrong)}.`);
  const places = placesOf(labels);
  for (const label of labels) {
    const files = found.filter((entry) => entry.label === label).map(({ file }) => file);
    await addPictures(files, places.get(label)!, 'crop', ({ name }) => takeIn(name));
  }
}

function placesOf(labels: readonly string[]): Map<string, number> {
  const isEmpty = ({ id, name }: LessonClass) => samplesOf(id).length === 0 && !labels.includes(name.trim());
  lessonClasses.value = lessonClasses.value.filter((entry) => !isEmpty(entry));
  return new Map(
    labels.map((label) => {
      const known = lessonClasses.value.find(({ name }) => name.trim() === label);
      return [label, known?.id ?? addClass(label)] as const;
    }),
  );
}
