// The card of the network of points that comes with ferlab, models/face-points.md, from its description,
// models/face-points.json. Every figure comes from the description.

import { bytes, count } from '../dist/format/numbers.js';
import { markdownTable } from '../dist/format/table.js';

const right = (header) => ({ header, align: 'right' });

const titles = {
  webfaces: 'web photographs',
  frames: 'frames of films',
  points80: 'crops of 80x80, one face each',
};

function scoreTable({ bySource }) {
  const row = (name, { faces, detector, refined }) => [
    titles[name] ?? name,
    count(faces),
    detector.four.toFixed(3),
    refined.four.toFixed(3),
    refined.fourSteady.toFixed(3),
    detector.points.toFixed(3),
    refined.points.toFixed(3),
  ];
  return markdownTable(
    [
      { header: 'Photographs' },
      right('Faces'),
      right('Four points, before'),
      right('After'),
      right('Without what is constant'),
      right('All, before'),
      right('After'),
    ],
    Object.entries(bySource).map(([name, scores]) => row(name, scores)),
  );
}

/** The card's Markdown. */
export function pointCard({ sha256, scores, source, ...description }) {
  return `# The network that refines points of faces

Whichever detector found a face, this network looks at crops of it and says where the eyes, the nose and the corners of the
mouth are. \`openFaceDetector()\` uses it by itself.

| What | |
| --- | --- |
| File | \`face-points.onnx\`, ${bytes(description.bytes)}, ONNX opset 18, large weights as float16 |
| SHA-256 | \`${sha256}\` |
| Input | \`pixels\`, float32 [N, 3, 48, 48]: red, green and blue, 0 to 255 |
| Output | \`points\`, float32 [N, 10]: five pairs x, y from the crop's centre, in sides of the crop |
| Network | five convolutions of 3x3 and two dense layers, 132,000 parameters, 3.6 million multiply-adds a look |

Crops are squares around the middle of the box, 1.3 times the mean of its sides, turned upright by the line between the eyes.
The points of a first crop place and turn four more, moved by 3% of their side to the right, left, below and above, two of them
mirrored; the mean of what the network says of these four counts. A point far outside its crop leaves the face the points of
the detector.

## How good it is

Photographs that it wasn't trained on, with the boxes of \`${scores.detector}\` (score 0.3 and more, overlap 0.5 and more). The mean
distance from the labels over the distance between the labelled eyes, before and after. Four points are the eyes, the nose and
the middle of the mouth; of all points, the corners of the mouth count where they are labelled. What is constant is the mean
offset of each point in all faces of a source: how its labels differ from those of the others, not a mistake about a face.

${scoreTable(scores)}

A face took ${scores.cpuMillisecondsPerFace} ms of a CPU, crops included. The web photographs chose the best epoch and the four crops, so the figures
are slightly optimistic.

## How it was trained

By ferlab, on two cores of a CPU, in one run:

\`\`\`sh
node scripts/face-labels.js FACES .
${source.command}
\`\`\`

It saw ${count(source.crops)} crops of 20,700 faces; the weights of epoch ${source.epoch} of ${source.epochs} are kept. Six in ten crops are of web photographs, the others
of frames of films and of crops with one labelled face; the nose is learnt from web photographs alone, where it is labelled
lower. The photographs are research data and don't come with ferlab. \`scripts/face-labels.js\` and
\`scripts/box-points.js\` of the repository made the labels and this file.

## What to know before using it

- In web photographs the middle of the mouth was labelled, elsewhere its corners: what the corners are taken for differs
  a little between the sources. Labels of web photographs are half a pixel further right than the points found, those of the
  crops of 80x80 half a pixel further left, at every size of face: their makers counted pixels from one and from zero.
  ferlab counts from the picture's edge.
- Points of faces below 20 pixels and of profiles are less exact.
- Its photographs show celebrities and people of the web around the year 2005; nobody measured how it does for people by
  skin colour, age or sex.
`;
}
