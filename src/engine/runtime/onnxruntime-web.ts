// ONNX Runtime for pages. Bundlers that set the condition `browser` lead imports of `#onnxruntime` here.

import * as wasm from 'onnxruntime-web/wasm';
import type { Device } from './device.js';
import type { Runtime } from './runtime.js';

/** Package and version. */
export const runtimeVersion = `onnxruntime-web ${wasm.env.versions.web}`;

/**
 * The runtime for a device; null where there is none here. The build with WebGPU is nearly twice as large (6.7 MB
 * compressed), so that a page loads it only if it asks for that device.
 */
export async function runtimeFor(device: Device): Promise<Runtime | null> {
  if (device === 'cpu') return { ...wasm, provider: 'wasm', fillsOutputs: false };
  if (device === 'webgpu')
    return { ...(await import('onnxruntime-web/webgpu')), provider: 'webgpu', fillsOutputs: false };
  return null;
}
