import modelUrl from 'ferlab/models/expression.onnx?url';
import { loadModelFromBytes } from 'ferlab/predict';

const response = await fetch(modelUrl);
const model = await loadModelFromBytes(await response.arrayBuffer());

const input = document.querySelector('#file');
input.addEventListener('change', async () => {
  const files = [...input.files];
  const predictions = await model.predict(files);
  const result = files.map(({ name }, i) => ({ name, ...predictions[i] }));
  document.querySelector('#result').textContent = JSON.stringify(result, null, 2);
});
input.disabled = false;
