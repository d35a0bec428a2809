// The card of the MTCNN that comes with ferlab, models/mtcnn/mtcnn.md, from its description, models/mtcnn/mtcnn.json. Every
// figure comes from the description.

import { bytes, count, percent } from '../dist/format/numbers.js';
import { markdownTable } from '../dist/format/table.js';

const right = (header) => ({ header, align: 'right' });

/** What the label files of scripts/face-labels.js hold. */
const titles = {
  webfaces: 'web photographs',
  masks: 'street photographs, most faces masked',
  frames: 'frames of films',
  points80: 'crops of 80x80, one face each',
  backgrounds: 'photographs without faces',
};

function scoreTable({ all, bySource }) {
  const pictures = Object.values(bySource).reduce((sum, source) => sum + source.pictures, 0);
  const row = (title, { pictures, faces, averagePrecision, pointError }) => [
    title,
    count(pictures),
    count(faces),
    faces === 0 ? '-' : averagePrecision.toFixed(3),
    pointError === null ? '-' : pointError.toFixed(3),
  ];
  return markdownTable(
    [
      { header: 'Photographs' },
      right('Pictures'),
      right('Faces'),
      right('Average precision'),
      right('Points'),
    ],
    [
      ...Object.entries(bySource).map(([name, scores]) => row(titles[name] ?? name, scores)),
      row('*all*', { ...all, pictures }),
    ],
  );
}

const stageTable = ({ stages, thresholds, files }) =>
  markdownTable(
    [
      { header: 'Network' },
      { header: 'File' },
      right('Threshold'),
      right('Faces that remain'),
      right('Boxes a picture'),
    ],
    stages.map(({ name, title, recall, proposals }) => [
      title,
      `\`${name}.onnx\`, ${bytes(files[name].bytes)}`,
      String(thresholds[name]),
      percent(recall),
      proposals.toFixed(1),
    ]),
  );

/** The card's Markdown. */
export function cascadeCard(description) {
  const { files, scores, source } = description;
  return `# The MTCNN

A cascade of three networks that finds faces (Zhang, Zhang, Li and Qiao 2016), trained by ferlab. \`--detector mtcnn\` uses it;
without that option a [single network](../faces.md) does, which is faster.

${stageTable(description)}

P-Net takes red, green and blue of pictures of any size, R-Net crops of 24x24 and O-Net of 48x48 pixels. Large weights are
float16, ONNX opset 18.

| File | SHA-256 |
| --- | --- |
${Object.entries(files)
  .map(([name, { sha256 }]) => `| \`${name}.onnx\` | \`${sha256}\` |`)
  .join('\n')}

## How good it is

Photographs that it wasn't trained on, by the files in this folder. Average precision is at an overlap of 0.5, over faces whose
longer side is 20 pixels or more. Points are O-Net's own: their mean distance from the labels over the distance between the
eyes. In use [another network](../face-points.md) refines them.

${scoreTable(scores)}

The same photographs chose the best epochs and the thresholds, so the scores are slightly optimistic.

## How it was trained

By ferlab, on two cores of a CPU that did other work, P-Net for six epochs and the others for four:

\`\`\`sh
node scripts/face-labels.js FACES labels
${source.command}
\`\`\`

P-Net and R-Net were trained by an earlier commit than O-Net; photographs whose decoding took longer than 30 seconds on the busy
machine were left out for R-Net. So the command line doesn't give these weights to the byte. The photographs are research data
and don't come with ferlab. \`scripts/face-labels.js\` and \`scripts/box-cascade.js\` of the repository made the labels and
this folder.

## What to know before using it

- Faces of fewer than 20 pixels are found now and then at most. Faces that lie sideways or upside down are found with
  \`rotations\`.
- WebGPU lacks PRelu, which the networks use: it runs on a CPU.
- Its photographs show celebrities and people of the web around the year 2005, and street scenes of 2020; nobody measured
  how it does for people by skin colour, age or sex.
- It says where faces are, not whose.
`;
}
