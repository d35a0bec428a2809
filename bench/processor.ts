// What the processor can do with vectors. Two processors of one name may differ in it (a virtual machine hides some), and
// ratios between programs with it.

import { readFileSync } from 'node:fs';

const noFlags: ReadonlySet<string> = new Set();

/** Features of the processor by Linux's names; none on other systems, which aren't asked. */
export function processorFlags(file = '/proc/cpuinfo'): ReadonlySet<string> {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1];
    return line === undefined ? noFlags : new Set(line.trim().split(/\s+/));
  } catch {
    return noFlags;
  }
}

/** The widest vector instructions, in a reader's words; null where they aren't known. */
export function vectorInstructions(flags: ReadonlySet<string> = processorFlags()): string | null {
  if (flags.has('amx_tile')) return 'AVX-512 and AMX';
  if (flags.has('avx512f')) return flags.has('avx512_bf16') ? 'AVX-512 with bfloat16' : 'AVX-512';
  return flags.has('avx2') ? 'AVX2' : null;
}

/** Why this processor can't compute in bfloat16; null where it can. */
export function bfloat16Obstacle(flags: ReadonlySet<string> = processorFlags()): string | null {
  if (flags.size === 0)
    return 'whether this processor has bfloat16 instructions is only known on Linux and x64';
  return flags.has('avx512_bf16') || flags.has('amx_bf16')
    ? null
    : 'this processor has neither AVX512-BF16 nor AMX, without which bfloat16 is emulated';
}
