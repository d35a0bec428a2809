// The messages for devices that can't be used.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, runFerlab } from './process.js';
import { copyTrainedRun, exists, expectRefusal, temporaryFolder } from './program.js';
import { tiny } from './tiny.js';

let folder = '';
const cleaning: (() => Promise<void>)[] = [];
const withoutDriver = { VK_DRIVER_FILES: '/nonexistent' };
const cudaProvider = path.join(
  checkout,
  'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so',
);

beforeAll(async () => {
  folder = await temporaryFolder((clean) => cleaning.push(clean));
  copyTrainedRun(folder);
});

afterAll(async () => {
  for (const clean of cleaning) await clean();
});

const train = (device: string, env: NodeJS.ProcessEnv = {}) =>
  runFerlab(
    ['train', 'faces', '--epochs', '1', '--device', device, '--out', `run-${device}`, ...tiny],
    folder,
    env,
  );

describe('--device', () => {
  it("refuses a name that there isn't", async () => {
    expectRefusal(await train('gpu'), 2, '--device', 'auto, cpu, webgpu, cuda', 'gpu');
  });

  it.skipIf(process.platform !== 'linux')('webgpu says what it needs where no GPU is found', async () => {
    expectRefusal(await train('webgpu', withoutDriver), 7, 'found none', 'Vulkan', 'libvulkan1');
    expect(exists(folder, 'run-webgpu')).toBe(false);
    const args = ['evaluate', path.join(checkout, 'models/expression.onnx'), 'faces', '--device', 'webgpu'];
    expectRefusal(await runFerlab(args, folder, withoutDriver), 7, 'found none');
  });

  it.skipIf(process.platform !== 'linux' || existsSync(cudaProvider))(
    'cuda says how its provider is installed',
    async () => {
      expectRefusal(await train('cuda'), 7, 'CUDA provider', 'ONNXRUNTIME_NODE_INSTALL=cuda12');
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'auto takes the CPU where nothing else is, and says so',
    async () => {
      const { code, stdout } = await train('auto', withoutDriver);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Device: cpu \(of a small graph on each: cpu \d+ ms, webgpu isn't here/m);
    },
  );
});
