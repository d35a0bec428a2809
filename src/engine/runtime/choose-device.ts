// Which device a program gets for the one that it asked for.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { OnnxGraph } from '../onnx/model.js';
import { type Device, type DeviceChoice, devices } from './device.js';
import { openSession } from './session.js';

export interface ChosenDevice {
  readonly device: Device;
  /** Why, in words, where the choice was this program's; null where it was the caller's. */
  readonly reason: string | null;
}

/** Milliseconds of a small graph by device; null where a device can't be used. */
export type ProbeTimes = Readonly<Partial<Record<Device, number | null>>>;

const probeMilliseconds = 60_000;

/**
 * The device to use. `auto` times a small graph on every device that is here and takes the fastest; anything else is
 * tried, so that a device that can't be used is known before work begins.
 *
 * @throws FerlabError `device` where the device that was asked for can't be used.
 */
export async function chooseDevice(
  choice: DeviceChoice,
  probe: () => Promise<ProbeTimes> = probeDevices,
): Promise<ChosenDevice> {
  if (choice === 'auto') return fastest(await probe());
  if (choice !== 'cpu') await tryDevice(choice);
  return { device: choice, reason: null };
}

function fastest(times: ProbeTimes): ChosenDevice {
  const usable = devices
    .map((device) => ({ device, time: times[device] ?? null }))
    .filter((entry): entry is { device: Device; time: number } => entry.time !== null)
    .sort((a, b) => a.time - b.time);
  const [best] = usable;
  if (best === undefined) return { device: 'cpu', reason: 'no device could be timed' };
  const others = devices
    .filter((device) => device !== best.device)
    .map((device) => {
      const time = times[device] ?? null;
      return time === null ? `${device} isn't here` : `${device} takes ${Math.round(time)}`;
    });
  return {
    device: best.device,
    reason: `${Math.round(best.time)} ms for a small graph; ${others.join(', ')}`,
  };
}

async function tryDevice(device: Device): Promise<void> {
  const onnx = new OnnxGraph('trial');
  const x = onnx.input('x', 'float32', [1]);
  onnx.addNode('Add', [x, x], ['y']);
  onnx.output('y', 'float32', [1]);
  const session = await openSession(onnx.toBytes(), { device });
  await session.close();
}

/** The built entry; when this module runs from TypeScript (tests), the one that the build put into dist. */
function probeEntry(): string {
  const inSources = import.meta.url.endsWith('.ts');
  const url = inSources ? '../../../dist/engine/runtime/probe-device.js' : './probe-device.js';
  return fileURLToPath(new URL(url, import.meta.url));
}

async function probeDevices(): Promise<ProbeTimes> {
  const args = [probeEntry(), ...devices];
  let output: string;
  try {
    ({ stdout: output } = await promisify(execFile)(process.execPath, args, { timeout: probeMilliseconds }));
  } catch (error) {
    output = String((error as { stdout?: string }).stdout ?? ''); // a driver ended it: what was timed before counts
  }
  const last = output.trim().split('\n').at(-1);
  return last ? (JSON.parse(last) as ProbeTimes) : {};
}
