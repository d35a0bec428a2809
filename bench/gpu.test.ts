import { describe, expect, it } from 'vitest';
import { findGpu, type GpuSources } from './gpu.js';

const nothing: GpuSources = { torch: async () => null, nvidia: async () => [], named: undefined };
const find = (changes: Partial<GpuSources>) => findGpu({ ...nothing, ...changes });

describe("the machine's GPU", () => {
  it('is named by PyTorch first, since that is the one it takes', async () => {
    const found = await find({ torch: async () => 'NVIDIA H200', nvidia: async () => ['NVIDIA T4'] });
    expect(found).toEqual({ name: 'NVIDIA H200', cuda: true });
  });

  it('is found without PyTorch where the driver lists it', async () => {
    expect(await find({ nvidia: async () => ['NVIDIA T4', 'NVIDIA T4'] })).toEqual({
      name: 'NVIDIA T4',
      cuda: true,
    });
    expect((await find({ nvidia: async () => ['NVIDIA T4', 'NVIDIA L4'] }))?.name).toBe(
      'one of NVIDIA T4, NVIDIA L4',
    );
  });

  it('without CUDA is what the user says', async () => {
    expect(await find({ named: 'Apple M3' })).toEqual({ name: 'Apple M3', cuda: false });
    expect(await find({ named: '1' })).toEqual({ name: 'not named (FERLAB_BENCH_GPU=1)', cuda: false });
  });

  it.each([undefined, '', '0'])('is none where nobody knows one (named: %j)', async (named) => {
    expect(await find({ named })).toBeNull();
  });
});
