// `node scripts/photo-scores.js FOLDER MODEL...`: models beside each other on photographs in class folders, one face in each, which is
// cut out as ferlab cuts out faces; MODEL is an .onnx file, or box. Where no face is found, the picture is taken whole. Made
// for noisy labels, so the tables are a recall for each class, and happy against the rest; disgust is left out. For developers.

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { decodeRgb } = await import('../dist/decode/decode.js');
const { cropFace } = await import('../dist/faces/crop.js');
const { cropOf } = await import('../dist/faces/recognise.js');
const { percent } = await import('../dist/format/numbers.js');
const { markdownTable } = await import('../dist/format/table.js');
const { toGray } = await import('../dist/image/gray.js');
const { resizeGray } = await import('../dist/image/resize.js');
const { argmax } = await import('../dist/math/argmax.js');
const { uncertainFrom } = await import('../dist/predict/model.js');
const { loadModel } = await import('../dist/predict-files/load-model.js');
const { openFaceDetector } = await import('../dist/predict-files/open-face-detector.js');
const { pairedInterval } = await import('../dist/scores/robustness.js');
const { wilsonInterval } = await import('../dist/scores/metrics.js');

/** Its labels are mostly wrong in the folder that this was written for. */
const leftOut = 'disgust';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** At most so many pictures of a class, evenly spread. */
    most: { type: 'string' },
  },
});
const [folder, ...files] = positionals;
if (folder === undefined) throw new Error('expected a folder of class folders, and models');
const names = files.length > 0 ? files : ['box'];
const models = [];
for (const name of names) models.push(await loadModel(name === 'box' ? undefined : name, { threads: 1 }));
const classes = models[0].classes.filter(
  (name) => name !== leftOut && fs.existsSync(path.join(folder, name)),
);
const detector = await openFaceDetector(undefined, { threads: 1 });

const gray = ({ data, width, height }) => toGray(data, width, height, 3);
/** For each picture: its class, whether a face was found, and each model's answer. */
const rows = [];
for (const label of classes) {
  const all = fs.readdirSync(path.join(folder, label)).sort();
  const count = Math.min(all.length, Number(values.most ?? all.length));
  for (let i = 0; i < count; i++) {
    const image = await decodeRgb(path.join(folder, label, all[Math.floor((i * all.length) / count)]));
    const [face] = (await detector.detect(image)).sort(
      (a, b) => b.box.width * b.box.height - a.box.width * a.box.height,
    );
    const answers = [];
    for (const model of models) {
      const { width, height } = model.inputSize;
      const { data } = face
        ? gray(cropFace(image, face, cropOf(model.metadata), { width, height }))
        : resizeGray(gray(image), width, height);
      const { probabilities, uncertain } = await model.answers(Float32Array.from(data));
      answers.push({
        expression: model.classes[argmax(probabilities)],
        uncertain: (uncertain?.[0] ?? 0) >= uncertainFrom,
      });
    }
    rows.push({ label, found: face !== undefined, answers });
  }
}
await detector.close();
for (const model of models) await model.close();

const share = (list) => (list.length === 0 ? '-' : percent(list.filter(Boolean).length / list.length));
const of = (label) => rows.filter((row) => row.label === label);
const right = (row, m) => row.answers[m].expression === row.label;
const happy = (row, m) => row.answers[m].expression === 'happy';
const columns = (first) => [
  { header: first },
  { header: 'Pictures', align: 'right' },
  ...names.map((header) => ({ header, align: 'right' })),
];
const line = (name, list, test) => [
  name,
  String(list.length),
  ...names.map((_, m) => share(list.map((row) => test(row, m)))),
];
const rest = rows.filter(({ label }) => label !== 'happy');
console.log(
  `${rows.length} pictures, ${rows.filter(({ found }) => !found).length} in which no face was found\n`,
);
console.log(
  markdownTable(
    columns('Recognised'),
    classes.map((label) => line(label, of(label), right)),
  ),
);
console.log();
console.log(
  markdownTable(columns('Happy against the rest'), [
    line('happy, taken for happy', of('happy'), happy),
    line('others, taken for happy', rest, happy),
    line('right', rows, (row, m) => happy(row, m) === (row.label === 'happy')),
    line('uncertain', rows, (row, m) => row.answers[m].uncertain),
  ]),
);
const isRight = (row, m) => happy(row, m) === (row.label === 'happy');
const [low, high] = wilsonInterval(rows.filter((row) => isRight(row, 0)).length, rows.length);
console.log(
  `\nHappy against the rest, ${names[0]}: 95% interval of right ${percent(low)} to ${percent(high)}.`,
);
for (let m = 1; m < models.length; m++) {
  const only = (a, b) => rows.filter((row) => isRight(row, a) && !isRight(row, b)).length;
  const [from, to] = pairedInterval(only(m, 0), only(0, m), rows.length);
  const points = (value) => (100 * value).toFixed(1);
  console.log(`${names[m]} less ${names[0]}: ${points(from)} to ${points(to)} points (95%).`);
}
