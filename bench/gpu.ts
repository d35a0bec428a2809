// Which GPU this machine has. A software driver of Vulkan is none, so WebGPU isn't asked: PyTorch and NVIDIA's driver
// are, and the user.

import { runProgram } from './process.js';
import { type PythonPeer, pythonPeer } from './python-peers.js';

/** The user says that there is a GPU that nothing below sees (Apple's, AMD's, Intel's): 1, or its name. */
export const gpuVariable = 'FERLAB_BENCH_GPU';

export interface Gpu {
  readonly name: string;
  /** Whether CUDA's programs can be expected to use it. */
  readonly cuda: boolean;
}

/** What can be asked. Each answers with nothing where it isn't there. */
export interface GpuSources {
  /** Name of the GPU that PyTorch would take. */
  torch(): Promise<string | null>;
  /** Names of all GPUs that NVIDIA's driver lists. */
  nvidia(): Promise<readonly string[]>;
  /** Value of the variable above. */
  readonly named: string | undefined;
}

/** What peers/torch_device.py prints. */
export interface TorchDevice {
  readonly device: string | null;
  readonly cuda: string | null;
}

export const askTorch = (torch: PythonPeer): Promise<TorchDevice> => torch.run('torch_device.py', []);

/** The machine's own sources; PyTorch only where it is installed already. */
function machineSources(): GpuSources {
  return {
    torch: () =>
      askTorch(pythonPeer({ name: 'torch', packages: [], install: false })).then(
        ({ device }) => device,
        () => null,
      ),
    nvidia: () =>
      runProgram('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { timeoutMinutes: 1 }).then(
        ({ stdout }) =>
          stdout
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== ''),
        () => [],
      ),
    named: process.env[gpuVariable],
  };
}

/** The machine's GPU; null where none is known. */
export async function findGpu(sources: GpuSources = machineSources()): Promise<Gpu | null> {
  const taken = await sources.torch();
  if (taken !== null) return { name: taken, cuda: true };
  const listed = [...new Set(await sources.nvidia())];
  if (listed.length > 0) {
    return { name: listed.length === 1 ? listed[0]! : `one of ${listed.join(', ')}`, cuda: true };
  }
  const { named = '' } = sources;
  if (named === '' || named === '0') return null;
  return { name: named === '1' ? `not named (${gpuVariable}=1)` : named, cuda: false };
}
