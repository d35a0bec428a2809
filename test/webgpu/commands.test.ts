// The commands on WebGPU: a run trained there, its model used on both devices.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFerlab } from '../e2e/process.js';
import { drawFaces, temporaryFolder } from '../e2e/program.js';
import { tiny } from '../e2e/tiny.js';
import { named, obstacle } from './driver.js';

/** Runs `ferlab` in a process of its own, which must succeed, and returns its standard output. */
async function succeed(args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runFerlab(args, cwd);
  expect({ code, stderr }, `ferlab ${args.join(' ')}`).toMatchObject({ code: 0 });
  return stdout;
}

describe.skipIf(obstacle !== null)(named('commands on WebGPU'), () => {
  it('train, resume, evaluate and predict there as on the CPU', async () => {
    const folder = await temporaryFolder();
    await drawFaces('faces', 70, 35, folder);
    const recipe = ['--epochs', '2', ...tiny];
    await succeed(['train', 'faces', '--device', 'webgpu', '--out', 'gpu', ...recipe], folder);
    await succeed(['train', 'faces', '--out', 'cpu', ...recipe], folder);
    const losses = (run: string) =>
      (JSON.parse(readFileSync(path.join(folder, run, 'history.json'), 'utf8')) as { loss: number }[]).map(
        ({ loss }) => loss,
      );
    losses('cpu').forEach((loss, i) => {
      expect(losses('gpu')[i]).toBeCloseTo(loss, 2);
    });
    const report = JSON.parse(readFileSync(path.join(folder, 'gpu', 'report.json'), 'utf8'));
    expect(report.machine.engine).toMatch(/webgpu/);
    expect(report.configuration.train.device).toBe('webgpu');

    const evaluate = async (device: string) =>
      JSON.parse(await succeed(['evaluate', 'gpu/best.onnx', 'faces', '--device', device, '--json'], folder));
    const [gpu, cpu] = [await evaluate('webgpu'), await evaluate('cpu')];
    expect([gpu.device, cpu.device]).toEqual(['webgpu', 'cpu']);
    expect(gpu.loss).toBeCloseTo(cpu.loss, 4);
    const predict = (device: string) =>
      succeed(['predict', 'gpu/best.onnx', 'faces/validation/sad', '--device', device, '--json'], folder);
    expect(JSON.parse(await predict('webgpu'))).toHaveLength(JSON.parse(await predict('cpu')).length);
  });
});
