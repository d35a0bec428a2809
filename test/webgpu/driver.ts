// Whether WebGPU can be tested here: on a GPU, or through SwiftShader, the software Vulkan driver that Debian's
// chromium brings (slow, but right).

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkout } from '../e2e/process.js';

const softwareDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Looks for a device in a process of its own. Returns why there is none; null where the tests can run. */
async function findObstacle(): Promise<string | null> {
  // Set here, in the main thread of the test's process, the variable reaches the driver's loader too.
  if (process.env.VK_DRIVER_FILES === undefined && existsSync(softwareDriver))
    process.env.VK_DRIVER_FILES = softwareDriver;
  const probe = path.join(checkout, 'dist', 'machine', 'probe-device.js');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe, 'webgpu'], { timeout: 60_000 });
    if ('milliseconds' in JSON.parse(stdout).webgpu) return null;
  } catch {
    // a driver that ends its process can't be used either
  }
  return "no GPU that WebGPU can use, and no software driver: Debian's packages chromium and libvulkan1 bring one";
}

export const obstacle = await findObstacle();

/** A group's name, with the reason where it is skipped. */
export const named = (name: string): string => (obstacle === null ? name : `${name} (skipped: ${obstacle})`);
