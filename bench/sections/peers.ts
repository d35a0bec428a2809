// Everybody that ferlab is measured against, made ready at most once a run.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { programVersion } from '../../dist/version.js';
import { type Contestant, type Sample, Unavailable, type Versions } from '../contest.js';
import { type JavaScriptPeer, javaScriptPeer } from '../javascript-peers.js';
import { type PythonPeer, pythonPeer } from '../python-peers.js';

export interface Peers {
  readonly keras: PythonPeer;
  readonly torch: PythonPeer;
  readonly tfjs: JavaScriptPeer;
  readonly jax: JavaScriptPeer;
}

/** @param install whether environments may be made. */
export function createPeers(install: boolean): Peers {
  return {
    keras: pythonPeer({ name: 'keras', packages: ['keras', 'tensorflow-cpu', 'numpy'], install }),
    torch: pythonPeer({ name: 'torch', packages: ['torch', 'torchvision'], install }),
    tfjs: javaScriptPeer(['@tensorflow/tfjs'], install),
    jax: javaScriptPeer(['@jax-js/jax'], install),
  };
}

export async function ferlabVersions(): Promise<Versions> {
  const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return { ferlab: programVersion, 'onnxruntime-node': runtime.version };
}

/** A contestant that can't take part at all, and why. */
export function absent(name: string, reason: string): Contestant {
  return {
    name,
    versions: () => Promise.reject(new Unavailable(reason)),
    round: (): Promise<Sample> => Promise.reject(new Unavailable(reason)),
  };
}

/** Why this processor can't compute in bfloat16; null where it can. Linux tells; other systems aren't asked. */
export function bfloat16Obstacle(): string | null {
  let flags: string;
  try {
    flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return 'whether this processor has bfloat16 instructions is only known on Linux';
  }
  return /\b(avx512_bf16|amx_bf16)\b/.test(flags)
    ? null
    : 'this processor has neither AVX512-BF16 nor AMX, without which bfloat16 is emulated';
}
