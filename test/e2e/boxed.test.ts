// The bundled model: used where no other is named, and described by its card.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout } from './process.js';
import { drawFaces, expectRefusal, ferlab, succeed, temporaryFolder } from './program.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const face = 'faces/validation/happy/00000.png';
const boxed = path.join(checkout, 'models/expression.onnx');
const read = (name: string) => readFileSync(path.join(checkout, 'models', name), 'utf8');

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  await drawFaces('faces', 14, 14, folder);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

describe('without a model', () => {
  it('predict uses the bundled model, as if it were named', async () => {
    const out = await succeed(['predict', face], folder);
    expect(out.startsWith(`${face}: `)).toBe(true);
    expect(await succeed(['predict', boxed, face], folder)).toBe(out);
    expect(await succeed(['predict', face, '--model', boxed], folder)).toBe(out);
    expect(await succeed(['predict', face, '--model', 'box'], folder)).toBe(out);
  });

  it('evaluate does, too', async () => {
    const result = JSON.parse(await succeed(['evaluate', 'faces', '--json'], folder));
    expect(result).toMatchObject({ model: boxed, n: 14 });
  });

  it('predict says which file is no image', async () => {
    expectRefusalOfImage(await ferlab(['predict', 'gone.jpg'], folder));
    expectRefusal(await ferlab(['predict', 'gone.onnx', face], folder), 4, /gone\.onnx: .*no such file/);
  });
});

function expectRefusalOfImage({ code, stderr }: { code: number | null; stderr: string }): void {
  expect([code, stderr]).toEqual([3, 'gone.jpg: expected an image, found no such file\n']);
}

describe('the model card', () => {
  const description = JSON.parse(read('expression.json'));
  const card = read('README.md');

  it('is made from the description, word for word', async () => {
    const script = pathToFileURL(path.join(checkout, 'scripts/model-card.js')).href;
    const { modelCard } = await import(script);
    expect(card).toBe(modelCard(description));
  });

  it('claims what the description says', () => {
    const { evaluation, testTime, withoutCopies, withoutNearCopies, accuracy, bytes } = description;
    const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
    expect(accuracy).toBe(evaluation.accuracy);
    const right = evaluation.classes.reduce(
      (sum: number, _: string, i: number) => sum + evaluation.confusion[i][i],
      0,
    );
    expect(right / evaluation.n).toBeCloseTo(accuracy, 10);
    expect(card).toContain(`**${percent(accuracy)} accuracy** on 3,589 validation images`);
    for (const scores of [evaluation, ...testTime, withoutCopies, withoutNearCopies]) {
      const [low, high] = scores.accuracyInterval;
      expect(card).toContain(`${percent(scores.accuracy)} | ${percent(low)} to ${percent(high)} |`);
    }
    expect(card).toContain(description.sha256);
    expect(card).toContain(`${(bytes / 1e6).toFixed(1)} MB`);
  });
});
