// ONNX Runtime for Node. Every import of `#onnxruntime` leads here, but in bundles for pages.

import * as ort from 'onnxruntime-node';
import type { Device } from './device.js';
import type { Runtime } from './runtime.js';
import { turnTelemetryOff } from './telemetry.js';

/** Package and version. */
export const runtimeVersion = `onnxruntime-node ${ort.env.versions.node}`;

const providers: Record<Device, string> = { cpu: 'cpu', webgpu: 'webgpu', cuda: 'cuda' };

/** The runtime for a device; null where there is none here. */
export async function runtimeFor(device: Device): Promise<Runtime | null> {
  await turnTelemetryOff();
  return { ...ort, provider: providers[device], fillsOutputs: true };
}
