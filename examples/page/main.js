import modelUrl from 'ferlab/models/expression.onnx?url';
import { openModel, toGray } from 'ferlab/predict';

const response = await fetch(modelUrl);
const model = await openModel(new Uint8Array(await response.arrayBuffer()), modelUrl);

/** The grey pixels of an image file, at its own size. */
async function decode(file) {
  const image = await createImageBitmap(file);
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
  return toGray(data, width, height, 4);
}

const input = document.querySelector('#file');
input.addEventListener('change', async () => {
  const files = [...input.files];
  const predictions = await model.predict(await Promise.all(files.map(decode)));
  const result = files.map(({ name }, i) => ({ name, ...predictions[i] }));
  document.querySelector('#result').textContent = JSON.stringify(result, null, 2);
});
input.disabled = false;
