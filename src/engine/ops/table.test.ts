import { describe } from 'vitest';
import { describeOperators } from '../../../test/conformance/operators.js';

const tolerances = { value: 2e-5, gradient: 2e-4 };

describeOperators('cpu', tolerances);

// ONNX's operators mean the same on every provider, so that the forms for a GPU can be checked without one. What a
// GPU's own kernels make of them, this can't tell.
describe.each(['webgpu', 'cuda'] as const)('as written for %s, on the CPU', (provider) => {
  describeOperators('cpu', tolerances, provider);
});
