// ONNX Runtime, as the rest of the program imports it. Which package that is, `imports` of package.json decides by
// condition; each has a file of its own beside this one, so that bundlers see its plain name and can leave it out.

import { env, InferenceSession, runtimeName, Tensor } from '#onnxruntime';
import type { Device } from './device.js';

export { InferenceSession, Tensor };

type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web';

/** What each runtime calls the execution provider of a device; a device that is missing can't be used there. */
const providers: Record<RuntimeName, Partial<Record<Device, string>>> = {
  'onnxruntime-node': { cpu: 'cpu', webgpu: 'webgpu', cuda: 'cuda' },
  'onnxruntime-web': { cpu: 'wasm', webgpu: 'webgpu' },
};

const name: RuntimeName = runtimeName;

/** The execution provider of a device; null where this runtime has none. */
export function providerOf(device: Device): string | null {
  return providers[name][device] ?? null;
}

/** Package and version, for example `onnxruntime-node 1.30.0`. */
export function runtimeVersion(): string {
  const { node, web, common } = env.versions;
  return `${name} ${node ?? web ?? common}`;
}
