// The machine that a report was made on.

import { availableParallelism, cpus, totalmem } from 'node:os';
import { runtimeVersion } from '../engine/runtime/session.js';

export interface MachineSummary {
  /** For example `Linux x64`. */
  platform: string;
  cpu: string;
  cores: number;
  memoryBytes: number;
  node: string;
  /** For example `onnxruntime-node 1.30.0, cpu`. */
  engine: string;
}

/** @param provider the engine's execution provider, for example `cpu`. */
export function describeMachine(provider: string): MachineSummary {
  return {
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.version,
    engine: `${runtimeVersion}, ${provider}`,
  };
}
