// What benchmarks.json holds. Each section says for itself when and where it was measured.

import type { MachineSummary } from '../dist/machine/describe-machine.js';
import type { ContestResult } from './contest.js';

export const reportFormat = 1;

/** In the order of the report. */
export const sectionNames = [
  'train',
  'gpu',
  'accuracy',
  'infer',
  'faces',
  'serve',
  'micro',
  'scaling',
] as const;
export type SectionName = (typeof sectionNames)[number];

export interface SectionReport {
  /** When it began, ISO 8601. */
  readonly date: string;
  /** Version of ferlab. */
  readonly version: string;
  readonly machine: MachineSummary;
  /** The processor's vector instructions, where they are known: 'AVX2'. */
  readonly instructions?: string;
  /** Name of the GPU, of a section that is measured on one. */
  readonly gpu?: string;
  /** Mean number of runnable processes when it began; well above 0 means that the machine wasn't idle. */
  readonly load: number;
  readonly rounds: number;
  /** Everything made tiny to see that it runs; its figures mean nothing. */
  readonly quick: boolean;
  readonly seconds: number;
  readonly contests: readonly ContestResult[];
}

export interface BenchmarkReport {
  readonly format: typeof reportFormat;
  readonly sections: Readonly<Partial<Record<SectionName, SectionReport>>>;
}
