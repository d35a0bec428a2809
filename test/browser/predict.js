// The page of page.test.ts: predicts by every way that `ferlab/predict` has, and leaves the answers in the window.

import first from 'ferlab/models/expression.onnx?url';
import { FerlabError, openEnsemble, openModel, toGray, withTestTimeAugmentation } from 'ferlab/predict';
import second from './second.onnx?url';

async function decode(file) {
  const image = await createImageBitmap(await (await fetch(file)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
  return toGray(data, width, height, 4);
}

const read = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

/** Answers for the images at these addresses: plain, by ten crops, by two models, and by both. */
window.predictAll = async (addresses) => {
  const images = await Promise.all(addresses.map(decode));
  const models = [await openModel(await read(first), first), await openModel(await read(second), second)];
  const answers = [];
  for (const members of [models.slice(0, 1), models])
    for (const kind of ['none', 'ten-crop']) {
      const model = openEnsemble(members.map((member) => withTestTimeAugmentation(member, kind)));
      answers.push(await model.predict(images));
    }
  for (const model of models) await model.close();
  return answers;
};

/** The kind of the error for a file that is no model. */
window.refuse = async () => {
  try {
    await openModel(new Uint8Array([1, 2, 3]), 'broken.onnx');
  } catch (error) {
    return error instanceof FerlabError ? error.kind : String(error);
  }
};
