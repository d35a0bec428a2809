import { describe, expect, it } from 'vitest';
import { networkSize } from '../ferlab/work.js';
import type { Gpu } from '../gpu.js';
import type { PythonPeer } from '../python-peers.js';
import { checkSize, gpuContests } from './gpu.js';
import type { Peers } from './peers.js';

/** A PyTorch that notes its calls, and prints what `torch_train.py` would. */
function fakePeers(output: object, device: string | null = 'NVIDIA H200') {
  const calls: string[][] = [];
  const torch: PythonPeer = {
    versions: async () => ({ torch: '2.15.0' }),
    async run<T>(script: string, args: readonly string[]) {
      calls.push([script, ...args]);
      return (script === 'torch_device.py' ? { device, cuda: '13.2' } : output) as T;
    },
  };
  return { calls, peers: { torch } as unknown as Peers };
}

const output = {
  ...networkSize('large'),
  batch: 128,
  step: { imagesPerSecond: 1000 },
  pipeline: { imagesPerSecond: 500 },
  peakMemoryMegabytes: 1,
};

function contestsOf(gpu: Gpu | null, peers: Peers = fakePeers(output).peers) {
  const folders = async () => ({ train: '/faces/train', validation: '/faces/validation' });
  return gpuContests({ quick: false, gpu, folders }, peers);
}
const nvidia: Gpu = { name: 'NVIDIA H200', cuda: true };

describe('the section gpu', () => {
  it('gives one reason for all rows when there is no GPU', async () => {
    const [contest, ...others] = contestsOf(null);
    expect(others).toEqual([]);
    expect(contest!.contestants.map(({ name }) => name)).toContain('ferlab WebGPU');
    for (const { versions } of contest!.contestants)
      await expect(versions()).rejects.toThrow('no GPU was found');
  });

  it('measures both networks at 128, and the step alone at 512', () => {
    const contests = contestsOf(nvidia);
    expect(contests.map(({ id }) => id)).toEqual([
      'gpu-seed-128',
      'gpu-seed-512',
      'gpu-large-128',
      'gpu-large-512',
    ]);
    const cpu = contests.map(({ contestants }) => contestants.some(({ name }) => name === 'ferlab CPU'));
    expect(cpu).toEqual([true, false, true, false]);
    expect(contests[0]!.contestants.map(({ name }) => name)).toEqual([
      'ferlab WebGPU',
      'ferlab CUDA',
      'PyTorch fp32',
      'PyTorch fp32 with TF32',
      'PyTorch bf16',
      'ferlab CPU',
    ]);
  });

  it('leaves out what takes CUDA where the GPU has none', async () => {
    const [contest] = contestsOf({ name: 'Apple M3', cuda: false });
    const absent = await Promise.all(
      contest!.contestants.map(({ name, versions }) =>
        versions().then(
          () => '',
          () => name,
        ),
      ),
    );
    expect(absent.filter(Boolean)).toEqual([
      'ferlab CUDA',
      'PyTorch fp32',
      'PyTorch fp32 with TF32',
      'PyTorch bf16',
    ]);
  });

  it("gives PyTorch the same task, and counts the network's own work", async () => {
    const { calls, peers } = fakePeers(output);
    const large = contestsOf(nvidia, peers).find(({ id }) => id === 'gpu-large-128')!;
    const tf32 = large.contestants.find(({ name }) => name === 'PyTorch fp32 with TF32')!;
    expect(await tf32.versions()).toEqual({ torch: '2.15.0', CUDA: '13.2' });
    expect(await tf32.round()).toMatchObject({ pipeline: 500, step: 1000, gflops: 6576.565248 });
    const [script, ...args] = calls.at(-1)!;
    expect(script).toBe('torch_train.py');
    expect(args.join(' ')).toContain('--network resnet18 --device cuda --batch 128 --precision fp32 --tf32');
    expect(args.join(' ')).toContain('--data /faces/train');
  });

  it('allows the biases that only the twin of seed has, and nothing else', async () => {
    const roundOf = (parameters: number) => {
      const { peers } = fakePeers({ ...output, ...networkSize('seed'), parameters });
      return contestsOf(nvidia, peers)[0]!
        .contestants.find(({ name }) => name === 'PyTorch bf16')!
        .round();
    };
    // What torch_train.py --network seed prints.
    expect(await roundOf(2_866_823)).toMatchObject({ step: 1000 });
    await expect(roundOf(2_865_607)).rejects.toThrow('expected a network of 2866823 parameters');
  });

  it('does without a PyTorch that finds no GPU', async () => {
    const { peers } = fakePeers(output, null);
    const torch = contestsOf(nvidia, peers)[0]!.contestants.find(({ name }) => name === 'PyTorch fp32')!;
    await expect(torch.versions()).rejects.toThrow('finds no GPU');
  });
});

it('refuses to compare with another network', () => {
  const expected = networkSize('large');
  expect(() => checkSize('torch_train.py', expected, expected)).not.toThrow();
  expect(() => checkSize('torch_train.py', { ...expected, parameters: 7 }, expected)).toThrow(
    "torch_train.py: expected a network of 11171271 parameters, as the twin of ferlab's; found 7.",
  );
});
