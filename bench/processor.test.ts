import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bfloat16Obstacle, processorFlags, vectorInstructions } from './processor.js';

describe("the processor's vector instructions", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ferlab-processor-'));
    file = join(folder, 'cpuinfo');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    ['fma avx avx2', 'AVX2'],
    ['avx2 avx512f avx512vl', 'AVX-512'],
    ['avx2 avx512f avx512_bf16', 'AVX-512 with bfloat16'],
    ['avx2 avx512f avx512_bf16 amx_tile amx_bf16', 'AVX-512 and AMX'],
    ['sse sse2', null],
  ])('with the flags %s are %s', (flags, expected) => {
    expect(vectorInstructions(new Set(flags.split(' ')))).toBe(expected);
  });

  it('compute in bfloat16 by either of two extensions', () => {
    expect(bfloat16Obstacle(new Set(['avx2', 'avx512f', 'avx512_bf16']))).toBeNull();
    expect(bfloat16Obstacle(new Set(['avx2', 'amx_bf16']))).toBeNull();
    expect(bfloat16Obstacle(new Set(['avx2', 'avx512f']))).toContain('neither AVX512-BF16 nor AMX');
    expect(bfloat16Obstacle(new Set())).toContain('only known on Linux and x64');
  });

  it('are read from the first processor that Linux lists', () => {
    const processor = (flags: string) => `model name\t: Some CPU\nflags\t\t: ${flags}\nbugs\t\t: one\n`;
    writeFileSync(file, `${processor('fpu avx2')}\n${processor('fpu avx512f')}`);
    expect([...processorFlags(file)]).toEqual(['fpu', 'avx2']);
  });

  it('are unknown where there is no such file, or none that lists flags', () => {
    expect(processorFlags(file).size).toBe(0);
    writeFileSync(file, 'processor\t: 0\nFeatures\t: fp asimd\n');
    expect(processorFlags(file).size).toBe(0);
    expect(vectorInstructions(processorFlags(file))).toBeNull();
  });
});
