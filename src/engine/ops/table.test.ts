import { describeOperators } from '../../../test/conformance/operators.js';

// ONNX's operators mean the same on every provider, so that the forms for GPUs can be checked without one. What a GPU's
// own kernels make of them isn't tested here.
describeOperators('cpu', { value: 2e-5, gradient: 2e-4 }, ['cpu', 'webgpu', 'cuda']);
