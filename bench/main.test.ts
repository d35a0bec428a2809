// The benchmarks really run, at their smallest. Speeds aren't looked at.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchFile, cache, root } from './checkout.js';
import type { BenchmarkReport } from './report.js';

const out = mkdtempSync(path.join(tmpdir(), 'ferlab-bench-test-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const bench = (...args: string[]) => benchIn({}, ...args);

const compiled = pathToFileURL(path.join(root, 'dist-bench', 'main.js')).href;

/** As run.js starts them once it has compiled them. */
const start = `process.exitCode = await (await import(${JSON.stringify(compiled)})).main(process.argv.slice(1), process.cwd())`;

function benchIn(environment: Record<string, string>, ...args: string[]) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, ['--input-type=module', '-e', start, '--', ...args], {
    encoding: 'utf8',
    env,
  });
}

// The first run as a person starts it, which compiles the benchmarks; the others need not do that again.
let report: BenchmarkReport;
beforeAll(() => {
  const args = ['--quick', '--only', 'train', '--rounds', '1', '--contestants', 'ferlab', '--out', out];
  const { status, stderr } = spawnSync(process.execPath, [benchFile('run.js'), ...args], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  report = JSON.parse(readFileSync(path.join(out, 'benchmarks.json'), 'utf8')) as BenchmarkReport;
});

describe('npm run bench -- --quick --only train', () => {
  it('reports what was measured, where and how', () => {
    expect(Object.keys(report.sections)).toEqual(['train']);
    const { train } = report.sections;
    expect(train).toMatchObject({ rounds: 1, quick: true, version: expect.stringMatching(/^\d+\./) });
    expect(train?.machine.cores).toBeGreaterThan(0);
    expect(train?.contests).toHaveLength(1);
  });

  it('has a positive figure for every metric of ferlab', () => {
    const { metrics, rows } = report.sections.train!.contests[0]!;
    expect(rows.map(({ name, failure }) => ({ name, failure }))).toEqual([{ name: 'ferlab', failure: null }]);
    const [{ samples, summary, versions }] = rows as [(typeof rows)[number]];
    expect(samples).toHaveLength(1);
    for (const { key } of metrics) {
      expect(summary[key]?.median).toBe(samples[0]![key]);
      expect(samples[0]![key]).toBeGreaterThanOrEqual(key === 'wait' ? 0 : Number.MIN_VALUE);
    }
    expect(Object.keys(versions)).toEqual(['ferlab', 'onnxruntime-node']);
  });

  it('writes the same as Markdown', () => {
    const text = readFileSync(path.join(out, 'benchmarks.md'), 'utf8');
    expect(text).toContain('## Training throughput');
    expect(text).toMatch(/^\| ferlab \|/m);
  });

  it('refuses what it does not know, without measuring', () => {
    const { status, stderr } = bench('--only', 'speed');
    expect(status).toBe(2);
    expect(stderr).toContain('--only: expected some of');
    expect(stderr).not.toContain('    at ');
  });
});

it('npm run bench -- --quick --only infer runs ferlab as its packed package, beside a script without it', () => {
  const folder = path.join(out, 'infer');
  const { status, stderr } = bench(
    ...['--quick', '--only', 'infer', '--contestants', 'ferlab,bare', '--out', folder],
  );
  expect(status, stderr).toBe(0);
  const report = JSON.parse(readFileSync(path.join(folder, 'benchmarks.json'), 'utf8')) as BenchmarkReport;
  const { metrics, rows } = report.sections.infer!.contests[0]!;
  expect(rows.map(({ name, failure }) => ({ name, failure }))).toEqual([
    { name: 'ferlab', failure: null },
    { name: 'bare onnxruntime-node and sharp', failure: null },
  ]);
  expect(Object.keys(rows[0]!.samples[0]!).sort()).toEqual(metrics.map(({ key }) => key).sort());
  expect(rows[1]!.samples[0]!.coldStart).toBeGreaterThan(0);
  expect(rows[1]!.ratios.coldStart).toBeGreaterThan(0);
  const rounds = path.join(cache, 'packed', 'rounds', 'ferlab');
  const resolve = ['--input-type=module', '-e', "console.log(import.meta.resolve('ferlab'))"];
  const found = spawnSync(process.execPath, resolve, { cwd: rounds, encoding: 'utf8' });
  expect(found.stdout).toContain('/.bench/packed/node_modules/ferlab/dist/index.js');
});

describe('npm run bench -- --quick --only gpu', () => {
  // Neither PyTorch nor nvidia-smi is found, so that only the user knows of a GPU.
  const alone = { PATH: '', FERLAB_BENCH_TORCH_PYTHON: 'no-such-python-anywhere' };
  const folder = path.join(out, 'gpu');
  const quick = ['--quick', '--only', 'gpu', '--out', folder];
  const sectionOf = () =>
    (JSON.parse(readFileSync(path.join(folder, 'benchmarks.json'), 'utf8')) as BenchmarkReport).sections.gpu!;

  it('says that there is no GPU where none is known', () => {
    const { status, stderr } = benchIn(
      { ...alone, FERLAB_BENCH_GPU: '' },
      ...quick,
      '--contestants',
      'ferlab',
    );
    expect(status, stderr).toBe(0);
    const { contests, gpu } = sectionOf();
    expect(gpu).toBeUndefined();
    expect(contests).toHaveLength(1);
    expect(contests[0]!.rows.map(({ name }) => name)).toEqual(['ferlab WebGPU', 'ferlab CUDA', 'ferlab CPU']);
    for (const { failure } of contests[0]!.rows) expect(failure).toContain('no GPU was found');
  });

  it('trains both networks beside it on the processor', { timeout: 300_000 }, () => {
    const { status, stderr } = benchIn(
      { ...alone, FERLAB_BENCH_GPU: 'Some GPU' },
      ...[...quick, '--contestants', 'ferlab cpu'],
    );
    expect(status, stderr).toBe(0);
    const { contests, gpu } = sectionOf();
    expect(gpu).toBe('Some GPU');
    expect(contests.map(({ id }) => id)).toEqual(['gpu-seed-2', 'gpu-large-2']);
    for (const { rows } of contests) {
      expect(rows[0]).toMatchObject({ name: 'ferlab CPU', failure: null });
      const { step, gflops } = rows[0]!.samples[0]!;
      expect(step).toBeGreaterThan(0);
      expect(gflops).toBeGreaterThan(0);
    }
    expect(readFileSync(path.join(folder, 'benchmarks.md'), 'utf8')).toContain('GPU: Some GPU.');
  });
});
