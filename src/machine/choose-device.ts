// Which device a program gets for the one that it asked for.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Device, type DeviceChoice, devices } from '../engine/runtime/device.js';
import { FerlabError } from '../errors.js';
import { packageFile } from '../package-files.js';

export interface ChosenDevice {
  readonly device: Device;
  /** Why, in words, where the choice was this program's; null where it was the caller's. */
  readonly reason: string | null;
}

/** What a small graph took on each device, or why a device can't be used: a person's message. */
export type ProbeResults = Partial<Record<Device, { milliseconds: number } | { problem: string }>>;

/** Runs the small graph on devices; `time` wants a figure that can be compared. */
export type Probe = (candidates: readonly Device[], time: boolean) => Promise<ProbeResults>;

const probeLimit = 60_000;

/**
 * The device to use. `auto` times a small graph on every device and takes the fastest; anything else is tried, so that
 * a device that can't be used is known before work begins.
 *
 * @throws FerlabError `device` where the device that was asked for can't be used.
 */
export async function chooseDevice(
  choice: DeviceChoice,
  probe: Probe = probeInProcess,
): Promise<ChosenDevice> {
  if (choice === 'cpu') return { device: choice, reason: null };
  if (choice === 'auto') return fastest(await probe(devices, true));
  const found = (await probe([choice], false))[choice];
  if (found === undefined)
    throw new FerlabError('device', `device ${choice}: its driver ended the process that tried it.`);
  if ('problem' in found) throw new FerlabError('device', found.problem);
  return { device: choice, reason: null };
}

function fastest(results: ProbeResults): ChosenDevice {
  const timeOf = (device: Device): number => {
    const result = results[device];
    return result !== undefined && 'milliseconds' in result ? result.milliseconds : Number.POSITIVE_INFINITY;
  };
  const best = devices.reduce((a, b) => (timeOf(b) < timeOf(a) ? b : a), 'cpu');
  const timeText = (device: Device): string =>
    timeOf(device) === Number.POSITIVE_INFINITY
      ? `${device} isn't here`
      : `${device} ${Math.round(timeOf(device))} ms`;
  return { device: best, reason: `of a small graph on each: ${devices.map(timeText).join(', ')}` };
}

async function probeInProcess(candidates: readonly Device[], time: boolean): Promise<ProbeResults> {
  const args = [packageFile('dist/machine/probe-device.js'), ...(time ? ['--time'] : []), ...candidates];
  let output: string;
  try {
    ({ stdout: output } = await promisify(execFile)(process.execPath, args, { timeout: probeLimit }));
  } catch (error) {
    output = String((error as { stdout?: string }).stdout ?? ''); // a driver ended it: what was found before counts
  }
  const last = output.trim().split('\n').at(-1);
  return last ? (JSON.parse(last) as ProbeResults) : {};
}
