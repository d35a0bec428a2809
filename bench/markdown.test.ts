// The report as Markdown.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ContestResult, Row } from './contest.js';
import { formatNumber, toMarkdown } from './markdown.js';
import type { BenchmarkReport, SectionReport } from './report.js';

function row(name: string, step: number | null, changes: Partial<Row> = {}): Row {
  const samples = step === null ? [] : [{ step }];
  return {
    name,
    versions: { [name.toLowerCase()]: '1.2.3' },
    samples,
    failure: null,
    summary: step === null ? {} : { step: { median: step, min: step * 0.9, max: step * 1.1 } },
    ratios: {},
    ...changes,
  };
}

const contest: ContestResult = {
  id: 'train-64',
  title: 'At batch 64',
  notes: ['What a step is.'],
  metrics: [
    { key: 'step', label: 'step', unit: 'images/s', better: 'higher' },
    { key: 'memory', label: 'peak memory', unit: 'MB', better: 'lower' },
  ],
  comparison: {
    against: 'ferlab',
    label: 'ferlab is faster by',
    sense: 'againstIsBetter',
    format: 'times',
    metrics: ['step'],
  },
  rows: [
    row('ferlab', 200),
    row('PyTorch fp32', 250, { ratios: { step: 0.8 } }),
    row('Keras', null, { failure: 'it needs Python 3.11 or newer' }),
  ],
};

function reportOf(changes: Partial<SectionReport> = {}): BenchmarkReport {
  const section: SectionReport = {
    date: '2026-03-04T05:06:07.000Z',
    version: '0.1.0',
    machine: {
      platform: 'linux x64',
      cpu: 'Some CPU',
      cores: 2,
      memoryBytes: 16e9,
      node: 'v20.1.0',
      engine: 'onnxruntime-node 1.0.0, cpu',
    },
    load: 0.04,
    rounds: 5,
    quick: false,
    seconds: 90,
    contests: [contest],
    ...changes,
  };
  return { format: 1, sections: { train: section } };
}

describe('the report', () => {
  const text = toMarkdown(reportOf());

  it('says when, where and how it was measured', () => {
    expect(text).toContain('2026-03-04, ferlab 0.1.0, onnxruntime-node 1.0.0, cpu, Node 20.1.0.');
    expect(text).toContain(
      'Some CPU, 2 cores, 16 GB, linux x64; load before the run 0.0. 5 rounds, 1.5 minutes.',
    );
  });

  it("says which of a processor's kinds it was, where that is known", () => {
    expect(toMarkdown(reportOf({ instructions: 'AVX2' }))).toContain('Some CPU (AVX2), 2 cores');
  });

  it('names the GPU, where one was measured', () => {
    expect(toMarkdown(reportOf({ gpu: 'NVIDIA H200' }))).toContain('GPU: NVIDIA H200. 5 rounds');
    expect(text).not.toContain('GPU:');
  });

  it('tabulates medians with their spread, and ratios', () => {
    const cells = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells).toContainEqual(['', '', 'step, images/s', 'ferlab is faster by', '']);
    expect(cells).toContainEqual(['', 'ferlab', '200 (180 to 220)', '', '']);
    expect(cells).toContainEqual(['', 'PyTorch fp32', '250 (225 to 275)', '0.8x', '']);
  });

  it('leaves out metrics that nobody gave', () => {
    expect(text).not.toContain('peak memory');
  });

  it('says who was not measured and why, and lists versions of the others', () => {
    // Text stands between the two lists, so that they don't become one.
    expect(text).toContain(
      '- PyTorch fp32: pytorch fp32 1.2.3\n\nNot measured:\n- Keras: it needs Python 3.11 or newer\n',
    );
    expect(text).not.toContain('keras 1.2.3');
  });

  it('is one sentence where nothing was measured, for one reason', () => {
    const rows = ['WebGPU', 'CUDA'].map((name) => row(name, null, { failure: 'no GPU was found' }));
    const nothing = toMarkdown(reportOf({ contests: [{ ...contest, rows }] }));
    expect(nothing).toContain(
      '## Training throughput\n\nNot measured: no GPU was found. `npm run bench -- --only train` measures it on a machine that can.\n',
    );
    expect(nothing).not.toContain('5 rounds');
    const others = [...rows, row('CPU', null, { failure: 'it ended with 1' })];
    expect(toMarkdown(reportOf({ contests: [{ ...contest, rows: others }] }))).toContain(
      '- CUDA: no GPU was found\n- CPU: it ended with 1\n',
    );
  });

  it('holds the targets against the ratios', () => {
    const line = (part: string) => text.split('\n').find((found) => found.includes(part)) ?? '';
    expect(line('step alone, against PyTorch fp32')).toMatch(/0\.9x \|\s+0\.8x \| no /);
    expect(line('from files to step, against Keras')).toMatch(/1\.3x \| not measured \| - /);
    const better = contest.rows.map((found) => ({ ...found, ratios: { step: 0.9 } }));
    const met = toMarkdown(reportOf({ contests: [{ ...contest, rows: better }] }));
    expect(met).toMatch(/step alone, against PyTorch fp32 .*0\.9x \| yes /);
  });

  it('shows a target of time as a bound from above', () => {
    const bare = 'bare onnxruntime-node and sharp';
    const found = (ratio: number) => {
      const rows = [row(bare, null, {}), row('ferlab', null, {})].map((each) => ({
        ...each,
        ratios: { coldStart: ratio },
      }));
      const { sections } = reportOf({ contests: [{ ...contest, id: 'infer', rows }] });
      return toMarkdown({ format: 1, sections: { infer: sections.train! } });
    };
    expect(found(0.8)).toMatch(
      /by the time of bare onnxruntime-node and sharp +\| +at most 1\.5x \| +1\.25x \| yes /,
    );
    expect(found(0.5)).toMatch(
      /by the time of bare onnxruntime-node and sharp +\| +at most 1\.5x \| +2x \| no /,
    );
  });

  it('warns of a quick run, and holds no targets against it', () => {
    const quick = toMarkdown(reportOf({ quick: true }));
    expect(quick).toContain('its figures mean nothing');
    expect(quick).not.toContain('## Targets');
  });

  it('gives shares as percentages', () => {
    const comparison = { ...contest.comparison!, format: 'percent' as const, label: 'of the limit' };
    expect(toMarkdown(reportOf({ contests: [{ ...contest, comparison }] }))).toMatch(/\| +80% \|/);
  });
});

it.each([
  [1234567, '1,234,567'],
  [123.4, '123'],
  [12.345, '12.3'],
  [0.01234, '0.0123'],
  [0, '0'],
])('writes %d as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it('docs/benchmarks.md is what docs/benchmarks.json gives', () => {
  const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');
  expect(read('benchmarks.md')).toBe(toMarkdown(JSON.parse(read('benchmarks.json')) as BenchmarkReport));
});
