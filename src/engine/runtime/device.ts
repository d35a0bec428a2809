// The devices that graphs run on, and the message for each that can't be used.

import { FerlabError } from '../../errors.js';

/**
 * `cpu`; `webgpu`: any GPU through Vulkan, Metal or Direct3D 12; `cuda`: NVIDIA's, through a provider that is installed
 * apart.
 */
export const devices = ['cpu', 'webgpu', 'cuda'] as const;
export type Device = (typeof devices)[number];

/** What may be asked for: a device, or the fastest that is here. */
export const deviceChoices = ['auto', ...devices] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

const cudaInstallation =
  'It is for Linux on x64 with CUDA 12 and cuDNN 9, and is no part of the npm package: ' +
  'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js downloads it.';

/** What an error of the runtime means for the device that was asked for; null where it has nothing to do with it. */
export function deviceError(device: Device, error: unknown): FerlabError | null {
  if (device === 'cpu') return null;
  const text = error instanceof Error ? error.message : String(error);
  const refuse = (message: string): FerlabError =>
    new FerlabError('device', `device ${device}: ${message} Or use the device cpu.`, { cause: error });
  if (device === 'webgpu' && /adapter/i.test(text)) {
    return refuse(
      'expected a GPU that WebGPU can use, found none. It needs a driver for Vulkan (Linux; with its loader, libvulkan1), ' +
        'Direct3D 12 (Windows) or Metal (macOS): install the one of your GPU.',
    );
  }
  if (/assigned to the default CPU EP/.test(text)) {
    return refuse(
      "expected a graph that runs there whole, found operators that ONNX Runtime's WebGPU provider lacks; " +
        'parts of it would have run on the CPU unnoticed.',
    );
  }
  if (/shared library|providers_(shared|cuda)|CUDA|cudnn/i.test(text)) {
    return refuse(
      `expected ONNX Runtime's CUDA provider, found that it can't be loaded (${firstLine(text)}). ${cudaInstallation}`,
    );
  }
  if (/not (supported|available|found)|no available backend|unsupported/i.test(text)) {
    return refuse(`expected it in this build of ONNX Runtime, found that it isn't (${firstLine(text)}).`);
  }
  return null;
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.trim();
}
