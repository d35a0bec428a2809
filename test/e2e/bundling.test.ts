// ferlab in bundles for servers, by the packed package: it finds its model and its workers, and sends nothing.

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkDependencies, makePackedProject } from '../../bench/packed.js';
import { checkout, start } from './process.js';
import { succeed, temporaryFolder } from './program.js';

const cleaning: (() => Promise<void>)[] = [];
let project = '';
let face = '';
let expected: unknown;
const inProject = (...parts: string[]) => path.join(project, ...parts);

/** Draws faces, trains a step on them, whose images workers decode, and predicts by the new and the bundled model. */
const program = `import { loadModel, predictFiles, train } from 'ferlab';
const { modelFile } = await train({
  data: { path: 'faces', workers: 1, imageSize: { width: 16, height: 16 } },
  model: { convFilters: [4], denseUnits: [8] },
  train: { epochs: 1, batchSize: 7, threads: 1 },
  out: process.argv[2],
});
for (const file of [modelFile, undefined]) {
  const model = await loadModel(file);
  for await (const found of predictFiles(model, [process.argv[3]])) console.log(JSON.stringify(found));
  await model.close();
}
`;

beforeAll(async () => {
  project = await temporaryFolder((clean) => cleaning.push(clean));
  await makePackedProject(project);
  writeFileSync(inProject('package.json'), '{ "type": "module" }');
  await succeed(['sample', 'faces', '--train', '14', '--validation', '7', '--image-size', '16'], project);
  const [name] = readdirSync(inProject('faces/validation/happy'));
  face = inProject('faces/validation/happy', name!);
  [expected] = JSON.parse(await succeed(['predict', '--json', face], project));
  writeFileSync(inProject('program.js'), program);
  cpSync(path.join(checkout, 'examples/server'), inProject('server'), { recursive: true });
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

/** What the example's build script leaves out of the bundle. */
function externals(): string[] {
  const { scripts } = JSON.parse(readFileSync(inProject('server/package.json'), 'utf8'));
  return [...scripts.build.matchAll(/--external:(\S+)/g)].map(([, name]) => name);
}

const toBundle: Record<string, (out: string, entry?: string) => Promise<unknown>> = {
  'esbuild with ferlab inside': (out, entry = inProject('program.js')) =>
    esbuild({
      entryPoints: [entry],
      outfile: out,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: externals(),
      logLevel: 'silent',
    }),
  'Vite with ferlab outside': (out) =>
    vite({
      root: project,
      configFile: false,
      logLevel: 'silent',
      build: {
        ssr: inProject('program.js'),
        outDir: path.dirname(out),
        rolldownOptions: { output: { entryFileNames: path.basename(out) } },
      },
    }),
};

it.each(Object.keys(toBundle))('%s trains, with workers, and predicts', async (name) => {
  const folder = inProject(name.split(' ')[0]!);
  const out = path.join(folder, 'program.js');
  await toBundle[name]!(out);
  expect(readFileSync(out, 'utf8').length > 100_000).toBe(name.includes('inside'));
  const home = path.join(folder, 'home');
  mkdirSync(home);
  const ran = await start(process.execPath, [out, path.join(folder, 'run'), face], project, { HOME: home })
    .finished;
  expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' });
  const answers = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(answers).toHaveLength(2);
  expect(answers[0].file).toBe(face);
  expect(answers[1]).toEqual(expected);
  expect(readdirSync(home)).toEqual([]);
});

it('a bundle where ferlab is not installed imports, knows its version, and opens model files of its own', async () => {
  const alone = await temporaryFolder();
  linkDependencies(alone);
  cpSync(path.join(checkout, 'models/expression.onnx'), path.join(alone, 'own.onnx'));
  writeFileSync(
    inProject('alone.js'),
    `import { describeBundledModel, loadModel, predictFiles, version } from 'ferlab';
const refusals = await Promise.allSettled([loadModel(), describeBundledModel()]);
const model = await loadModel('own.onnx');
for await (const { expression } of predictFiles(model, [process.argv[2]]))
  console.log(JSON.stringify({ version, expression, kinds: refusals.map(({ reason }) => reason?.kind) }));
await model.close();
`,
  );
  const out = path.join(alone, 'alone.mjs');
  await toBundle['esbuild with ferlab inside']!(out, inProject('alone.js'));
  const ran = await start(process.execPath, [out, face], alone).finished;
  expect(ran, ran.stderr).toMatchObject({ code: 0, stderr: '' });
  const { version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8'));
  const { expression } = expected as { expression: string };
  expect(JSON.parse(ran.stdout)).toEqual({ version, expression, kinds: ['io', 'io'] });
});

it('the example of a server answers as the command line does', async () => {
  const out = inProject('server/dist/server.js');
  await esbuild({
    entryPoints: [inProject('server/server.js')],
    outfile: out,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: externals(),
    logLevel: 'silent',
  });
  const server = start(process.execPath, [out, '0'], project);
  try {
    await server.printed(/http:\S+\n/);
    const post = (body: Uint8Array) => fetch(server.text.stdout.trim(), { method: 'POST', body });
    const answer = await post(readFileSync(face));
    expect({ file: face, ...((await answer.json()) as object) }).toEqual(expected);
    const refused = await post(Uint8Array.of(1, 2, 3));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('expected a JPEG') });
  } finally {
    server.child.kill();
  }
});
