// The model card of the bundled model, models/README.md, from its description, models/expression.json. Every figure
// comes from the description. The words are for models trained on FER2013; scripts/box.js refuses others.

import { codeBlock, plain } from '../dist/format/markdown.js';
import { bytes, count, flops, percent } from '../dist/format/numbers.js';
import { markdownTable } from '../dist/format/table.js';
import { robustnessRows } from '../dist/report/robustness.js';
import { calibrationTable, headline, perClassSection } from '../dist/report/sections.js';

const right = (header) => ({ header, align: 'right' });
const interval = ([low, high]) => `${percent(low)} to ${percent(high)}`;
const total = (counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);

function accuracyTable({ evaluation, testTime, withoutCopies, withoutNearCopies }) {
  const row = (name, { n, accuracy, accuracyInterval }) => [
    name,
    count(n),
    percent(accuracy),
    interval(accuracyInterval),
  ];
  return markdownTable(
    [{ header: 'How' }, right('Images'), right('Accuracy'), right('95% interval')],
    [
      row('a single view of each image', evaluation),
      ...testTime.map((scores) => row(`test-time augmentation \`--tta ${scores.tta}\``, scores)),
      row('single view, without the images that are in training too', withoutCopies),
      row('single view, without those and the near copies of training images', withoutNearCopies),
    ],
  );
}

function confusionTable({ classes, confusion }) {
  return markdownTable(
    [{ header: 'actual \\ predicted' }, ...classes.map(right)],
    classes.map((name, i) => [name, ...confusion[i].map(count)]),
  );
}

function rarest({ classes, counts }) {
  const shares = classes.map((name) => ({ name, share: counts.train[name] / total(counts.train) }));
  const { name, share } = shares.sort((a, b) => a.share - b.share)[0];
  return `${name} is ${percent(share)} of the training images`;
}

/** The class of which the smallest share is found. */
function hardest({ classes, perClass }) {
  const name = classes.reduce((worst, other) =>
    perClass[other].recall < perClass[worst].recall ? other : worst,
  );
  return `${name}: the model finds ${percent(perClass[name].recall)} of it`;
}

/** Sources besides the dataset's labels: other models, other people's votes. */
function sourcesBeside({ notes }) {
  if (notes.length === 0) return '';
  return `\nIt learned from more than the labels of FER2013, so compare it only with other such models:\n\n${notes.map((note) => `- ${plain(note)}`).join('\n')}\n`;
}

/** What changes of the images cost; nothing where it wasn't measured. */
function robustnessSection({ robustness }) {
  if (robustness === undefined) return '';
  const { columns, rows } = robustnessRows(robustness);
  return `
## Robustness

The same ${count(robustness.n)} images, each changed in a way that leaves its expression as it was (\`ferlab evaluate --robustness\`; as they are
${percent(robustness.accuracy)}):

${markdownTable(columns, rows)}
`;
}

/** What it says of images that it can't judge; nothing where it says nothing. */
function uncertainSection({ uncertain }) {
  if (uncertain === undefined) return '';
  const { n, faces, others, sets } = uncertain;
  const table =
    sets &&
    markdownTable(
      [{ header: 'Images' }, right('Number'), right('Uncertain')],
      Object.entries(sets).map(([name, set]) => [name, count(set.n), percent(set.uncertain)]),
    );
  return `
## Uncertain

The output \`uncertain\` is the probability that an image is nothing like the faces that the model learned from: a linear layer on what
its last layer sees, fitted to tell half of ${count(n)} validation faces (without those that are in training too) from images without a face that were
made from them. An answer of 0.5 or more should not be used. On the other half that is ${percent(faces)} of the faces, by choice, and ${percent(others)}
of what was made from them.
${table ? `\n${table}\n` : ''}`;
}

/** The card's Markdown. */
export function modelCard(description) {
  const { source, dataset, evaluation, calibration, withoutCopies, withoutNearCopies, input, classes } =
    description;
  const trained = total(dataset.counts.train);
  const copies = `${count(withoutCopies.removed)} of the ${count(evaluation.n)} validation images`;
  const nearCopies = count(withoutNearCopies.removed - withoutCopies.removed);
  return `# The bundled model

It guesses which of ${classes.length} expressions a face shows: ${classes.join(', ')}.
\`ferlab predict face.jpg\` uses it unless you name another model, and so does \`loadModel()\` in a program.

${headline(evaluation, 'validation')}

| What | |
| --- | --- |
| File | \`expression.onnx\`, ${bytes(description.bytes)}, ONNX opset 18, large weights as float16 |
| SHA-256 | \`${description.sha256}\` |
| Input | \`pixels\`, float32 [N, 1, ${input.height}, ${input.width}]: grey face crops, raw values 0 to 255 |
| Output | \`probabilities\` and \`logits\`, float32 [N, ${classes.length}], calibrated${description.uncertain ? '; `uncertain`, float32 [N, 1]' : ''} |
| Network | \`${source.network.name}\`, ${count(source.network.parameters)} parameters, ${flops(source.network.flops)} for one image |

## How good it is

Scored on the validation images of FER2013 (its PublicTest), ${count(evaluation.n)} faces, with the file in this folder:

${accuracyTable(description)}

The same images were used to choose the recipe${source.bestEpoch ? ', the epoch whose weights are kept' : ''} and the temperature below, so the scores are
slightly optimistic. Expect clearly worse results on photographs of another kind.

${copies} are among the training images too, pixel by pixel, and ${nearCopies} more
have a near copy there (the same photograph in another crop, size or quality, by \`ferlab audit\`); the last rows leave them out.${source.leftCopiesOut ? ' This model was trained without these copies.' : ''}
People agree with the labels of FER2013 on about 65% of its images (Goodfellow et al. 2013).

${perClassSection(evaluation)}

Images by actual (rows) and predicted class:

${confusionTable(evaluation)}

## Calibration

A probability of 80% is meant to be right four times out of five. Dividing the logits by a temperature of
${calibration.temperature} (Guo et al. 2017) makes the loss smallest on the ${count(calibration.n)} of these images that are not in training too.
Its effect on them:

${calibrationTable(calibration)}

The calibration error is the mean distance between confidence and share of right answers, over 15 bins of confidence. The
last row is the honest one. On other kinds of photographs the model is more confident than it should be.
${robustnessSection(description)}${uncertainSection(description)}
## What it is for

- trying the program, and comparing other models with it;
- research and teaching on expression recognition, with its limits stated;
- starting points that a person checks: sorting one's own pictures, art, games.

## What it is not for

- **Inferring emotions at work or in schools** is prohibited in the European Union, except for medical or safety reasons:
  AI Act, Regulation (EU) 2024/1689, Article 5(1)(f). Elsewhere in the Union emotion recognition is a high-risk use
  (Annex III, point 1(c)) and the people concerned must be informed (Article 50(3)).
- Any decision about a person: hiring, lending, insurance, policing, border control, diagnosis, lie detection.
- Judging what somebody feels. An expression is not a feeling: people smile without joy and grieve without a frown, and
  faces differ between persons and cultures.

## Limits

- It was trained on grey crops of ${input.width}x${input.height} pixels, mostly frontal faces, each filling its crop. Expect worse results on profiles,
  covered faces, small faces and crops with much background. It doesn't find faces in photographs.
- The images came from a web search for words of emotion in 2013; the labels are noisy, and some images show no face.
- Classes are uneven: ${rarest({ classes, counts: dataset.counts })}. The
  hardest class is ${hardest(evaluation)}.
- FER2013 doesn't record people's age, sex, skin colour or origin, so nobody knows for whom this model works worse.
  Assume that it does for some.

## Data

[FER2013](https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge)
(Goodfellow et al. 2013), official split: trained on ${count(trained)} images of Training, validated on PublicTest. PrivateTest
was not used.

${markdownTable(
  [{ header: 'Class' }, right('Training'), right('Validation')],
  classes.map((name) => [name, count(dataset.counts.train[name]), count(dataset.counts.validation[name])]),
)}

## How it was made

${codeBlock(source.command, 'sh')}

ferlab ${source.version}, epoch ${source.epoch}; validation accuracy ${percent(source.val_accuracy, 2)} before its weights were rounded to float16.
From that run, \`npm run box\` made the file, its description \`expression.json\` and this card; change none of them by hand.
${sourcesBeside(source)}
## Licence

The weights are under the project's MIT licence. ferlab ships the weights only, no images. The images of FER2013 were gathered
from the web for research and belong to their owners; no licence for other uses comes with them. Whether weights trained
on such images may be used commercially is not settled everywhere: judge for yourself.
`;
}
