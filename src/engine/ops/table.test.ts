import { describeOperators } from '../../../test/conformance/operators.js';

describeOperators('cpu', { value: 2e-5, gradient: 2e-4 });
