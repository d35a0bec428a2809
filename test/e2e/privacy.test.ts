// The program writes what its user named, and nothing else anywhere: no cache, no device id, no temporary file is left.
// ONNX Runtime would report what it runs, were that not turned off.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, type Finished, start } from './process.js';
import { temporaryFolder } from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const program = path.join(checkout, 'bin/ferlab.js');

/** An environment whose home, caches and temporary folder are at `home`, with nothing that says what may be written. */
function environment(home: string, temporary: string): NodeJS.ProcessEnv {
  const names = ['CONFIG', 'CACHE', 'DATA', 'STATE'].map((name) => [`XDG_${name}_HOME`, undefined] as const);
  return {
    ...Object.fromEntries(names),
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temporary,
    TMP: temporary,
    TEMP: temporary,
    CI: undefined,
    ORT_DISABLE_TELEMETRY: undefined,
  };
}

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  for (const name of ['home', 'temporary', 'project']) mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, 'file'), '');
});
afterAll(async () => {
  for (const clean of cleaning) await clean();
});

const inFolder = (name: string) => path.join(folder, name);
const found = (name: string) => readdirSync(inFolder(name), { recursive: true });

async function run(args: readonly string[], home: string): Promise<Finished> {
  const env = environment(home, inFolder('temporary'));
  return start(process.execPath, args, inFolder('project'), env).finished;
}

const face = 'faces/validation/happy';
const commands: [string, string[], string[]][] = [
  ['sample', ['faces', '--train', '14', '--validation', '7'], ['faces']],
  ['train', ['faces', '--epochs', '1', '--out', 'run', ...tiny], ['faces', 'run']],
  ['predict', [face], ['faces', 'run']],
  ['detect', [face], ['faces', 'run']],
  ['explain', [face, '--json'], ['faces', 'run']],
  ['evaluate', ['run/best.onnx', 'faces', '--out', 'scores'], ['faces', 'run', 'scores']],
  ['calibrate', ['run/best.onnx', 'faces', '--out', 'c.onnx'], ['c.onnx', 'faces', 'run', 'scores']],
  ['export', ['run/best.onnx', '--out', 'h.onnx'], ['c.onnx', 'faces', 'h.onnx', 'run', 'scores']],
  ['audit', ['faces', '--out', 'audit'], ['audit', 'c.onnx', 'faces', 'h.onnx', 'run', 'scores']],
  ['report', ['run', 'fig'], ['audit', 'c.onnx', 'faces', 'fig', 'h.onnx', 'run', 'scores']],
  ['models', [], ['audit', 'c.onnx', 'faces', 'fig', 'h.onnx', 'run', 'scores']],
  ['crop', ['faces', 'crops'], ['audit', 'c.onnx', 'crops', 'faces', 'fig', 'h.onnx', 'run', 'scores']],
];

describe('with an empty home', () => {
  it.each(commands)('%s writes what was named', async (command, args, written) => {
    const { code, stderr } = await run([program, command, ...args], inFolder('home'));
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/onnxruntime|\[W:|fontconfig/i);
    expect(found('home')).toEqual([]);
    expect(found('temporary')).toEqual([]);
    expect(readdirSync(inFolder('project')).sort()).toEqual(written);
  });
});

describe('with a home that can not be written', () => {
  it.each([
    ['predict', face],
    ['evaluate', 'run/best.onnx', 'faces'],
  ])('%s prints no warning', async (...args) => {
    const { code, stderr } = await run([program, ...args], path.join(inFolder('file'), 'home'));
    expect(code, stderr).toBe(0);
    expect(stderr).not.toMatch(/onnxruntime|\[W:|fontconfig|telemetry/i);
  });
});

describe('the library', () => {
  const loads = `const { loadModel } = await import(${JSON.stringify(pathToFileURL(path.join(checkout, 'dist/index.js')))});
    const before = JSON.stringify(process.env);
    await (await loadModel()).close();`;

  it('changes nothing of the environment but the variable that turns reports off', async () => {
    const script = `${loads}
      const { ORT_DISABLE_TELEMETRY, ...rest } = process.env;
      console.log(ORT_DISABLE_TELEMETRY, JSON.stringify(rest) === before);`;
    const { stdout, stderr } = await run(['--input-type=module', '-e', script], inFolder('home'));
    expect(stdout, stderr).toBe('1 true\n');
    expect(found('home')).toEqual([]);
  });

  it('turns reports off from a worker thread, too, whose process.env is a copy', async () => {
    const script = `import { Worker } from 'node:worker_threads';
      const code = ${JSON.stringify(loads)};
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(code)));
      worker.on('exit', (code) => console.log(code, process.env.ORT_DISABLE_TELEMETRY));`;
    const { stdout, stderr } = await run(['--input-type=module', '-e', script], inFolder('home'));
    expect(stdout, stderr).toBe('0 1\n');
    expect(found('home')).toEqual([]);
  });

  it('leaves the variable as a person set it', async () => {
    const script = `process.env.ORT_DISABLE_TELEMETRY = 'No';
      const { turnTelemetryOff } = await import(${JSON.stringify(path.join(checkout, 'dist/engine/runtime/telemetry.js'))});
      await turnTelemetryOff();
      console.log(process.env.ORT_DISABLE_TELEMETRY);`;
    const { stdout, stderr } = await run(['--input-type=module', '-e', script], inFolder('home'));
    expect(stdout, stderr).toBe('No\n');
  });
});
