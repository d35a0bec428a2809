// Reverse-mode differentiation: walks the traced applications backwards and asks each operator for its gradient.

import type { Value } from '../ir/graph.js';
import { dependents, reachableNodes } from '../ir/graph.js';
import { add } from '../ops/elementwise.js';
import { ShapeError, tensorType } from '../tensor/type.js';

/**
 * Gradients of a scalar `loss` by each value of `wrt`, traced into the same graph.
 * Throws ShapeError where the loss isn't a scalar, doesn't depend on a value, or passes an operator without gradient.
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0) throw new ShapeError('gradients: the loss must be a scalar.');
  const { graph } = loss;
  const forward = reachableNodes(graph, [loss]);

  // Values that depend on `wrt`: gradients by anything else aren't computed.
  const active = dependents(forward, wrt);

  const gradientOf = new Map<Value, Value>();
  gradientOf.set(loss, graph.constant(tensorType('float32', []), Float32Array.of(1)));
  for (const node of forward.reverse()) {
    const outputGradients = node.outputs.map((output) => gradientOf.get(output) ?? null);
    const needs = node.inputs.map((input) => active.has(input));
    if (outputGradients.every((gradient) => gradient === null) || !needs.includes(true)) continue;
    if (node.op.gradient === null) throw new ShapeError(`gradients: ${node.op.name} has no gradient.`);
    const inputGradients = node.op.gradient({ ...node, outputGradients, needs });
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (!needs[i] || !gradient) return;
      const sum = gradientOf.get(input);
      gradientOf.set(input, sum ? add(sum, gradient) : gradient);
    });
  }

  return wrt.map((value) => {
    const gradient = gradientOf.get(value);
    if (!gradient) throw new ShapeError(`gradients: the loss doesn't depend on ${value.name || 'a value'}.`);
    return gradient;
  });
}
