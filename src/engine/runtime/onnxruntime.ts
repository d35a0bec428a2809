// The only module that imports ONNX Runtime. Which package that is, `imports` of package.json decides: onnxruntime-web for
// a page (the condition `browser`), onnxruntime-node for everything else.

import { env, InferenceSession, Tensor } from '#onnxruntime';
import type { Device } from './device.js';

export { InferenceSession, Tensor };

/** The package that runs graphs here. */
const runtime = 'web' in env.versions ? 'onnxruntime-web' : 'onnxruntime-node';

/** What each package calls the execution provider of a device; a device that is missing can't be used there. */
const providers: Record<typeof runtime, Partial<Record<Device, string>>> = {
  'onnxruntime-node': { cpu: 'cpu', webgpu: 'webgpu', cuda: 'cuda' },
  'onnxruntime-web': { cpu: 'wasm', webgpu: 'webgpu' },
};

/** The execution provider of a device; null where this runtime has none. */
export function providerOf(device: Device): string | null {
  return providers[runtime][device] ?? null;
}

/** Package and version, for example `onnxruntime-node 1.30.0`. */
export function runtimeVersion(): string {
  const { node, web, common } = env.versions;
  return `${runtime} ${(runtime === 'onnxruntime-web' ? web : node) ?? common}`;
}
