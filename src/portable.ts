// What `import ... from 'ferlab/predict'` offers: finding faces, recognising expressions and teaching own ones, with images in
// memory, in Node and in pages. Reads no files.

export type { CascadeFiles, CascadeStage } from './faces/cascade-file.js';
export type { DetectOptions, FaceDetector } from './faces/detector.js';
export type { Box, Face, FacePoints, Point } from './faces/face.js';
export { type DetectEvent, type FoundFaces, findFaces } from './faces/find-faces.js';
export { type DetectorModel, type OpenDetectorOptions, openFaceDetector } from './faces/open-detector.js';
export { type Recogniser, recognise } from './faces/recognise.js';
export type { NoAnswer, PictureFaces, PlacedFace, RecognisedFace } from './faces/recognised.js';
export { type RgbImage, toRgb } from './image/rgb.js';
export * from './predict/index.js';
export { openTeacher } from './teach/open-teacher.js';
export type {
  HeldBackAnswer,
  Lesson,
  SampleCopies,
  TaughtModel,
  TeachEvent,
  Teacher,
  TeachingSample,
} from './teach/types.js';
