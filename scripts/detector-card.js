// The card of the detector that comes with ferlab, models/faces.md, from its description, models/faces.json. Every figure
// comes from the description.

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

function scoreTable({ scores, peer }) {
  const points = ({ pointError }) => (pointError === null ? '-' : pointError.toFixed(3));
  const precision = ({ faces, averagePrecision }) => (faces === 0 ? '-' : averagePrecision.toFixed(3));
  const row = (title, own, other) => [
    title,
    count(own.pictures),
    count(own.faces),
    precision(own),
    precision(other),
    points(own),
    points(other),
  ];
  const sources = Object.keys(scores.bySource);
  return markdownTable(
    [
      { header: 'Photographs' },
      right('Pictures'),
      right('Faces'),
      right('Average precision'),
      right('YuNet n'),
      right('Points'),
      right('YuNet n'),
    ],
    [
      ...sources.map((name) => row(titles[name] ?? name, scores.bySource[name], peer.scores.bySource[name])),
      row('*all*', scores.all, peer.scores.all),
    ],
  );
}

/** The card's Markdown. */
export function detectorCard(description) {
  const { settings, atThreshold, source, sha256, scores } = description;
  return `# The detector of faces

It finds faces in photographs: a box, a score and five points (eyes, nose, corners of the mouth) each. It is what
\`openFaceDetector()\` opens unless you name another file.

| What | |
| --- | --- |
| File | \`faces.onnx\`, ${bytes(description.bytes)}, ONNX opset 18, large weights as float16 |
| SHA-256 | \`${sha256}\` |
| Input | \`input\`, float32 [N, 3, H, W]: blue, green and red, 0 to 255; sides are multiples of 32 |
| Output | YuNet's: \`cls_S\`, \`obj_S\`, \`bbox_S\` and \`kps_S\` for strides S of 8, 16 and 32 |
| Network | one look, dense convolutions on patches of 4x4 pixels, 126,192 parameters |

## How good it is

Photographs that it wasn't trained on, by the file in this folder. Average precision is at an overlap of 0.5, over faces whose
longer side is 20 pixels or more. Points are the mean distance from the labels over the distance between the eyes, of faces
that were found.

${scoreTable(description)}

At its threshold of ${settings.threshold} it finds ${percent(atThreshold.recall)} of the faces, and ${percent(atThreshold.precision)} of what it finds are faces.

The comparison flatters YuNet n: it marked the regions that count neither for nor against, and chose the photographs without
faces. The same photographs chose the best epoch and the threshold (${count(scores.all.pictures)} pictures), so the scores are slightly optimistic.

## How it was trained

By ferlab, on two cores of a CPU: ${count(source.tiles)} tiles of 256x256 pixels, of which the weights of epoch ${source.epoch} of ${source.epochs} are kept.
They were drawn from about 19,000 photographs: web photographs, frames of films and crops with one labelled face, 815
photographs of streets with masked faces, 242 photographs without faces. The photographs are research data and don't come with ferlab.
\`scripts/face-labels.js\` and \`scripts/box-faces.js\` of the repository made the labels and this file.

## What to know before using it

- Faces of fewer than 20 pixels are found now and then at most. Faces that lie sideways or upside down are found with
  \`rotations\`.
- Its photographs show celebrities and people of the web around the year 2005, and street scenes of 2020; nobody measured
  how it does for people by skin colour, age or sex.
- It says where faces are, not whose.
`;
}
