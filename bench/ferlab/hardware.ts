// Whether WebGPU runs on hardware: a software driver must not pass for a GPU.

import { readdirSync, readlinkSync } from 'node:fs';
import type { Device } from '../../dist/engine/runtime/device.js';

/** Device files of NVIDIA's driver, of Linux's own (AMD, Intel and others), of Windows below Linux, and of phones' chips. */
const gpuFile = /^\/dev\/(nvidia|nvhost|nvgpu|dri\/|dxg|mali|kgsl)/;

/** Whether some of a process's open files are a GPU's. */
export const hasGpuFile = (files: readonly string[]): boolean => files.some((file) => gpuFile.test(file));

/**
 * Refuses a software driver of Vulkan (SwiftShader, llvmpipe): WebGPU then runs on the processor, and nothing says so.
 * A driver of hardware keeps a device file open. Only Linux shows that, and usually only Linux has such drivers.
 */
export function requireHardware(device: Device): void {
  if (device !== 'webgpu' || process.platform !== 'linux') return;
  const folder = '/proc/self/fd';
  const files = readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
  if (!hasGpuFile(files)) {
    throw new Error(
      "WebGPU: expected a GPU, found a software driver of Vulkan. Install the GPU's own driver for Vulkan.",
    );
  }
}
