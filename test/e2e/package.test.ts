// `npm pack`, and the tarball in an empty project: the command runs, the library works, the types check.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkout, start } from './process.js';
import { exists, expectRefusal, temporaryFolder } from './program.js';

let folder = '';
let packed: { filename: string; files: { path: string }[] };
const cleaning: (() => Promise<void>)[] = [];
const inFolder = (...parts: string[]) => path.join(folder, ...parts);
const npm = (args: string[], cwd: string) => start('npm', args, cwd).finished;

const consumer = `import { evaluate, FerlabError, loadModel, train, type Evaluation, type TrainResult } from 'ferlab';

export async function run(dataset: string): Promise<Evaluation> {
  const result: TrainResult = await train(
    { data: { path: dataset }, train: { epochs: 1 }, out: 'run' },
    { onProgress: (event) => event.type === 'epoch' && console.log(event.row.measures.valAccuracy) },
  );
  const model = await loadModel(result.modelFile);
  const [first] = await model.predict([{ width: 2, height: 2, data: new Uint8Array(4) }]);
  const share: number | undefined = first?.ranking[0]?.probability;
  console.log(share, new FerlabError('usage', 'x').exitCode);
  return evaluate({ model: result.modelFile, dataset });
}
// @ts-expect-error an unknown setting
train({ data: { path: 'faces' }, train: { epoch: 1 } });
`;

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  const { code, stdout, stderr } = await npm(
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    checkout,
  );
  expect(code, stderr).toBe(0);
  [packed] = JSON.parse(stdout);
  mkdirSync(inFolder('project'));
  writeFileSync(
    inFolder('project/package.json'),
    '{ "name": "empty", "version": "1.0.0", "type": "module", "private": true }',
  );
  const args = [
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    inFolder(packed.filename),
  ];
  const installed = await npm(args, inFolder('project'));
  expect(installed.code, installed.stderr).toBe(0);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

it('holds the program and nothing that only the checkout needs', () => {
  const files = packed.files.map((file) => file.path);
  expect(files).toEqual(
    expect.arrayContaining([
      ...['bin/ferlab.js', 'dist/index.js', 'dist/index.d.ts', 'LICENSE', 'package.json'],
      ...['models/expression.onnx', 'models/expression.json', 'models/README.md'],
      ...['models/faces.onnx', 'models/faces.json', 'models/faces.md'],
      ...['models/face-points.onnx', 'models/face-points.json', 'models/face-points.md'],
      ...[
        'models/mtcnn/pnet.onnx',
        'models/mtcnn/rnet.onnx',
        'models/mtcnn/onet.onnx',
        'dist/studio/page/index.html',
      ],
    ]),
  );
  expect(
    files.filter(
      (file) =>
        !/^(bin|dist|models)\/|^docs\/.*\.(md|svg|jpg|webp)$|^(LICENSE|README\.md|package\.json)$/.test(file),
    ),
  ).toEqual([]);
  expect(files.filter((file) => /\.test\.|\.map$|\/\.|\.ts$/.test(file) && !file.endsWith('.d.ts'))).toEqual(
    [],
  );
});

it('has the command', async () => {
  const { version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8'));
  const command = inFolder('project/node_modules/.bin/ferlab');
  expect(await start(command, ['--version'], folder).finished).toMatchObject({
    code: 0,
    stdout: `${version}\n`,
  });
  const drawn = await start(
    command,
    ['sample', 'faces', '--train', '28', '--validation', '14'],
    inFolder('project'),
  ).finished;
  expect(drawn.code, drawn.stderr).toBe(0);
  const options = [
    '--epochs',
    '1',
    '--conv-filters',
    '4',
    '--dense-units',
    '8',
    '--image-size',
    '8',
    '--out',
    'run',
  ];
  const trained = await start(command, ['train', 'faces', ...options], inFolder('project')).finished;
  expect(trained.code, trained.stderr).toBe(0);
  expect(exists(folder, 'project/run/best.onnx')).toBe(true);
  expect(readdirSync(inFolder('project/run'))).toContain('accuracy.png');
});

it('has a model of its own, which it checks', async () => {
  const command = inFolder('project/node_modules/.bin/ferlab');
  const predict = () => start(command, ['predict', 'faces/validation/happy'], inFolder('project')).finished;
  const predicted = await predict();
  expect(predicted.code, predicted.stderr).toBe(0);
  expect(predicted.stdout.trimEnd().split('\n')[0]).toMatch(
    /^faces.validation.happy.00000\.png: \w+ [\d.]+%, /,
  );
  const boxed = inFolder('project/node_modules/ferlab/models/expression.onnx');
  const bytes = readFileSync(boxed);
  writeFileSync(boxed, bytes.subarray(0, 1000));
  const refused = await predict();
  writeFileSync(boxed, bytes);
  expectRefusal(
    refused,
    4,
    /expression\.onnx: expected the model that comes with ferlab/,
    /Install ferlab again/,
  );
});

it('has the types', async () => {
  writeFileSync(inFolder('project/main.ts'), consumer);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    types: [],
  };
  writeFileSync(inFolder('project/tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const tsc = path.join(checkout, 'node_modules/typescript/bin/tsc');
  const checked = await start(process.execPath, [tsc], inFolder('project')).finished;
  expect(checked).toMatchObject({ code: 0, stdout: '' });
});
