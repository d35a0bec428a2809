import { expect, it } from 'vitest';
import { hasGpuFile } from './hardware.js';

it.each([['/dev/nvidia0'], ['/dev/dri/renderD128'], ['/dev/dxg']])(
  'takes %s for a driver of hardware',
  (file) => {
    expect(hasGpuFile(['/dev/null', 'socket:[1]', file])).toBe(true);
  },
);

it('takes a process without device files for one that runs on a software driver', () => {
  expect(hasGpuFile(['/dev/null', '/dev/pts/0', 'pipe:[1]', '/home/nvidia/dri'])).toBe(false);
});
