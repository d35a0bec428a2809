// The page of page.test.ts: predicts by every way that `ferlab/predict` has, and leaves the answers in the window.

import first from 'ferlab/models/expression.onnx?url';
import points from 'ferlab/models/face-points.onnx?url';
import detector from 'ferlab/models/faces.onnx?url';
import {
  FerlabError,
  findFaces,
  loadModelFromBytes,
  openEnsemble,
  openFaceDetector,
  recognise,
  withTestTimeAugmentation,
} from 'ferlab/predict';
import second from './second.onnx?url';

const read = async (url) => (await fetch(url)).arrayBuffer();

/** Answers for the images at these addresses: plain, by ten crops, by two models, and by both. */
window.predictAll = async (addresses) => {
  const images = await Promise.all(addresses.map(async (url) => (await fetch(url)).blob()));
  const models = [await loadModelFromBytes(await read(first)), await loadModelFromBytes(await read(second))];
  const answers = [];
  for (const members of [models.slice(0, 1), models])
    for (const kind of ['none', 'ten-crop']) {
      const model = openEnsemble(members.map((member) => withTestTimeAugmentation(member, kind)));
      answers.push(await model.predict(images));
    }
  for (const model of models) await model.close();
  return answers;
};

/** The answer to what a canvas holds, an ImageData. */
window.predictCanvas = async (address) => {
  const image = await createImageBitmap(await (await fetch(address)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const model = await loadModelFromBytes(await read(first));
  const answer = await model.predict(context.getImageData(0, 0, image.width, image.height));
  await model.close();
  return answer;
};

/** The answers to encoded images whose bytes the page holds, and the kind of the error for bytes that are no image. */
window.predictBytes = async (addresses) => {
  const model = await loadModelFromBytes(await read(first));
  const answers = [];
  for (const address of addresses) answers.push(await model.predict(new Uint8Array(await read(address))));
  const [buffer] = await model.predict([await read(addresses[0])]);
  const refused = await model.predict(new Uint8Array([1, 2, 3])).then(
    () => null,
    (error) => (error instanceof FerlabError ? error.kind : String(error)),
  );
  await model.close();
  return { answers, buffer, refused };
};

/** The faces in the pictures at these addresses, and what is recognised in the first. */
window.findAll = async (addresses, options) => {
  const open = await openFaceDetector(await read(detector), { points: await read(points) });
  const model = await loadModelFromBytes(await read(first));
  const pictures = await Promise.all(addresses.map(async (url) => (await fetch(url)).blob()));
  const found = await findFaces(pictures, open, options);
  const recognised = await recognise(pictures[0], { detector: open, model }, options);
  await Promise.all([open.close(), model.close()]);
  return { found, recognised };
};

/** The kind of the error for a file that is no model. */
window.refuse = async () => {
  try {
    await loadModelFromBytes(new Uint8Array([1, 2, 3]));
  } catch (error) {
    return error instanceof FerlabError ? error.kind : String(error);
  }
};
