import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bfloat16Obstacle, processorFlags, vectorInstructions } from './processor.js';

describe("the processor's vector instructions", () => {
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

  it('are read from the first processor that Linux lists', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'ferlab-')), 'cpuinfo');
    const processor = (flags: string) => `model name\t: Some CPU\nflags\t\t: ${flags}\nbugs\t\t: one\n`;
    await writeFile(file, `${processor('fpu avx2')}\n${processor('fpu avx512f')}`);
    expect([...processorFlags(file)]).toEqual(['fpu', 'avx2']);
  });

  it('are unknown where there is no such file, or none that lists flags', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'ferlab-')), 'cpuinfo');
    expect(processorFlags(file).size).toBe(0);
    await writeFile(file, 'processor\t: 0\nFeatures\t: fp asimd\n');
    expect(processorFlags(file).size).toBe(0);
    expect(vectorInstructions(processorFlags(file))).toBeNull();
  });
});
