// Teaching in the worker: pictures and frames to samples of one face each, and samples to a model.

import { cropFace } from '../../src/faces/crop.js';
import type { Face } from '../../src/faces/face.js';
import { type FacesChoice, isSearched } from '../../src/faces/faces-choice.js';
import { answerFaces, cropOf, cutFound, findInImage, reasonForNone } from '../../src/faces/recognise.js';
import type { NoAnswer } from '../../src/faces/recognised.js';
import type { Picture, RgbImage } from '../../src/image/rgb.js';
import { readPicture } from '../../src/predict/image-input.js';
import type { Prediction } from '../../src/predict/model.js';
import { openTeacher } from '../../src/teach/open-teacher.js';
import type { Lesson, SampleCopies, TaughtModel, Teacher, TeachingSample } from '../../src/teach/types.js';
import { framePicture } from './frame-picture.js';
import { addModel, type ModelFacts, modelOf, theDetector } from './open-models.js';
import type { TaskContext } from './tasks.js';

/** A face that can be learnt from. */
interface SamplePicture {
  image: RgbImage;
  /** The same, as a PNG file. */
  png: Blob;
}

/** A sample, or why there is none. */
export type Taken = { sample: SamplePicture } | { sample: null; reason: NoAnswer | 'no face' };

/** Faces are kept at twice the size that the network takes, so that other networks can learn from them too. */
const keptScale = 2;
/** Of a picture that is taken whole, in pixels: more says nothing of a face crop. */
const longestSide = 512;
/** Of a frame's height: smaller faces than this aren't looked for, for speed. */
const smallestShare = 1 / 8;

/** The largest face of a picture as a sample for a model; a picture that is a crop is taken as it is. */
export async function takeSample(
  { picture: blob, name, model, faces }: { picture: Blob; name: string; model: string; faces: FacesChoice },
  { threads }: TaskContext,
): Promise<Taken> {
  const picture = await readPicture(blob, name);
  if (!isSearched(picture, faces)) return { sample: await encode(picture.image) };
  return takeFace(picture, await findInImage(picture, theDetector(), {}), model, threads);
}

/** The same of a camera's frame, which is always searched. */
export async function takeFrame(
  { frame, model }: { frame: ImageBitmap; model: string },
  { threads }: TaskContext,
): Promise<Taken> {
  const picture = pictureOf(frame);
  return takeFace(picture, await findInFrame(picture), model, threads);
}

function pictureOf(frame: ImageBitmap): Picture {
  const image = framePicture(frame);
  return { width: image.width, height: image.height, image };
}

const findInFrame = (picture: Picture): Promise<Face[]> =>
  findInImage(picture, theDetector(), { minFace: Math.max(24, Math.round(picture.height * smallestShare)) });

async function takeFace(
  { image }: Picture,
  found: readonly Face[],
  model: string,
  threads: number,
): Promise<Taken> {
  const face = largestOf(found);
  if (face === null) return { sample: null, reason: 'no face' };
  const { metadata, inputSize } = (await modelOf(model, threads)).model;
  const crop = cropOf(metadata);
  const reason = reasonForNone(face, crop, theDetector());
  if (reason !== null) return { sample: null, reason };
  const size = { width: inputSize.width * keptScale, height: inputSize.height * keptScale };
  return { sample: await encode(cropFace(image, face, crop, size)) };
}

const areaOf = ({ box }: Face): number => box.width * box.height;

const largestOf = (faces: readonly Face[]): Face | null =>
  faces.reduce<Face | null>(
    (largest, face) => (largest === null || areaOf(face) > areaOf(largest) ? face : largest),
    null,
  );

/** As a PNG, which keeps every pixel; larger pictures at a smaller size. */
async function encode(given: RgbImage): Promise<SamplePicture> {
  const factor = Math.max(1, Math.max(given.width, given.height) / longestSide);
  const source = canvasOf(given);
  if (factor === 1) return { image: given, png: await source.convertToBlob({ type: 'image/png' }) };
  const [width, height] = [Math.round(given.width / factor), Math.round(given.height / factor)];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const image = { width, height, data: new Uint8Array(width * height * 3) };
  for (let i = 0; i < width * height; i++) image.data.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return { image, png: await canvas.convertToBlob({ type: 'image/png' }) };
}

function canvasOf({ width, height, data }: RgbImage): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const pixels = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    pixels.data.set(data.subarray(i * 3, i * 3 + 3), i * 4);
    pixels.data[i * 4 + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** What a model makes of the largest face of a frame; null where there is none that it can answer about. */
export async function answerFrame(
  { frame, model: id }: { frame: ImageBitmap; model: string },
  { threads }: TaskContext,
): Promise<Prediction | null> {
  const picture = pictureOf(frame);
  const { model } = await modelOf(id, threads);
  const face = largestOf(await findInFrame(picture));
  if (face === null) return null;
  const [answers] = await answerFaces(model, [cutFound(picture, [face], { detector: theDetector(), model })]);
  const answer = answers!.faces[0]!;
  if ('reason' in answer) return null;
  const { expression, probabilities, ranking } = answer;
  return { expression, probabilities, ranking };
}

/** The one that is open: a lesson after a lesson usually has the same parent. */
let open: { id: string; teacher: Teacher } | null = null;

async function teacherOf(id: string, name: string, threads: number): Promise<Teacher> {
  if (open?.id === id) return open.teacher;
  await open?.teacher.close();
  open = null;
  const { bytes } = await modelOf(id, threads);
  const teacher = await openTeacher(bytes, { name, threads });
  open = { id, teacher };
  return teacher;
}

export async function copiesOf(
  { parent, name, samples }: { parent: string; name: string; samples: readonly TeachingSample[] },
  { threads, signal }: TaskContext,
): Promise<SampleCopies[]> {
  return (await teacherOf(parent, name, threads)).findCopies(samples, { signal });
}

/** Teaches, and opens the model so that it can be chosen at once. */
export async function teach(
  { parent, name, lesson }: { parent: string; name: string; lesson: Lesson },
  { threads, signal, report }: TaskContext,
): Promise<{ taught: TaughtModel; facts: ModelFacts }> {
  const teacher = await teacherOf(parent, name, threads);
  const taught = await teacher.teach(lesson, { signal, onProgress: report });
  return { taught, facts: await addModel(taught.bytes, lesson.name ?? 'own expressions', threads) };
}
