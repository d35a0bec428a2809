import { expect, it } from 'vitest';
import { devices, engineOptions, hasGpuFile } from './device.js';

it.each([['/dev/nvidia0'], ['/dev/dri/renderD128'], ['/dev/dxg']])(
  'takes %s for a driver of hardware',
  (file) => {
    expect(hasGpuFile(['/dev/null', 'socket:[1]', file])).toBe(true);
  },
);

it('takes a process without device files for one that runs on a software driver', () => {
  expect(hasGpuFile(['/dev/null', '/dev/pts/0', 'pipe:[1]', '/home/nvidia/dri'])).toBe(false);
});

it('opens the session on the device that was asked for', () => {
  expect(devices.map((device) => engineOptions(device).session.provider)).toEqual(devices);
});
