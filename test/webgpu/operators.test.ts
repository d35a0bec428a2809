// Every operator on WebGPU, by itself and in its gradient: nothing falls back to the CPU.

import { describe } from 'vitest';
import { describeOperators } from '../conformance/operators.js';
import { named, obstacle } from './driver.js';

describe.skipIf(obstacle !== null)(named('operators on WebGPU'), () => {
  describeOperators('webgpu', { value: 1e-4, gradient: 1e-3 });
});
