import { describe, expect, it } from 'vitest';
import { deviceError } from '../engine/runtime/device.js';
import { chooseDevice, type ProbeResults } from './choose-device.js';

const finding = (results: ProbeResults) => async () => results;

describe('chooseDevice', () => {
  it('takes the fastest of what is here, and says what each took', async () => {
    const results = { cpu: { milliseconds: 30.4 }, webgpu: { milliseconds: 2 }, cuda: { problem: 'none' } };
    expect(await chooseDevice('auto', finding(results))).toEqual({
      device: 'webgpu',
      reason: "of a small graph on each: cpu 30 ms, webgpu 2 ms, cuda isn't here",
    });
  });

  it('leaves a slow software driver for the CPU, and takes the CPU where nothing could be timed', async () => {
    const slow = { cpu: { milliseconds: 30 }, webgpu: { milliseconds: 900 } };
    expect((await chooseDevice('auto', finding(slow))).device).toBe('cpu');
    expect((await chooseDevice('auto', finding({}))).device).toBe('cpu');
  });

  it('tries what was asked for, and refuses it with what went wrong', async () => {
    const asked: unknown[] = [];
    const probe = async (...args: unknown[]): Promise<ProbeResults> => {
      asked.push(args);
      return { webgpu: { milliseconds: 5 } };
    };
    expect(await chooseDevice('webgpu', probe)).toEqual({ device: 'webgpu', reason: null });
    expect(asked).toEqual([[['webgpu'], false]]);
    await expect(chooseDevice('cuda', finding({ cuda: { problem: 'no provider' } }))).rejects.toMatchObject({
      kind: 'device',
      message: 'no provider',
    });
    await expect(chooseDevice('webgpu', finding({}))).rejects.toMatchObject({ kind: 'device' });
  });

  it('looks at nothing for the CPU', async () => {
    const probe = () => Promise.reject(new Error('looked'));
    expect(await chooseDevice('cpu', probe)).toEqual({ device: 'cpu', reason: null });
  });
});

describe('deviceError', () => {
  it.each([
    ['webgpu', 'Failed to get a WebGPU adapter: No supported adapters', /found none.*Vulkan/],
    [
      'webgpu',
      'graph nodes that are assigned to the default CPU EP, but',
      /parts of it would have run on the CPU/,
    ],
    [
      'cuda',
      'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      /INSTALL=cuda12/,
    ],
    [
      'webgpu',
      'no available backend found. ERR: [webgpu] backend not found.',
      /in this build of ONNX Runtime/,
    ],
  ] as const)('%s: %s', (device, text, message) => {
    expect(deviceError(device, new Error(text))?.message).toMatch(message);
  });

  it('leaves alone what has nothing to do with the device', () => {
    expect(deviceError('webgpu', new Error('protobuf parsing failed'))).toBe(null);
    expect(deviceError('cpu', new Error('no adapter'))).toBe(null);
  });
});
