// Grad-CAM (Selvaraju et al. 2017): what the last features [C, h, w] that every path of the network passes through
// contribute to the logit of a class, to first order. The gradient is part of the graph: the network is traced again with the weights of
// its model file, and differentiated by the engine.

import { gradients } from '../engine/autodiff/gradients.js';
import { compileForward } from '../engine/compile/forward.js';
import type { Network, Weights } from '../engine/compile/network.js';
import { dependents, reachableNodes, type Value } from '../engine/ir/graph.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { multiply, relu } from '../engine/ops/elementwise.js';
import { reduceSum } from '../engine/ops/sum.js';
import type { HostTensor } from '../engine/tensor/array.js';
import { ShapeError, sameShape, tensorType } from '../engine/tensor/type.js';

/** Input of the graph that chooses what is explained: [2, classes], 1 at a class and 0 elsewhere. */
export const chosenName = 'chosen';
/** Images of a run: the lowerings of gradients write the traced number into the graph, and compileForward traces two. */
export const imagesPerRun = 2;

/**
 * The graph from `pixels` [2, C, H, W] and `chosen` to `map` [2, h, w] (0 or more) and `logits`.
 *
 * @throws ShapeError where the network has no such features.
 */
export function compileGradientMap(network: Network, stored: Weights): Uint8Array {
  const graph = compileForward(network, 'cpu', {
    stored,
    answers: ({ logits }) => {
      const features = lastFeatures(logits!);
      const chosen = logits!.graph.input(chosenName, tensorType('float32', logits!.shape));
      const [gradient] = gradients(reduceSum(multiply(logits!, chosen), [0, 1]), [features]);
      const weights = reduceSum(gradient!, [2, 3], true);
      const map = relu(reduceSum(multiply(features, weights), [1]));
      return { map, logits: logits! };
    },
    freeAxes: {},
  });
  return serializeModel(graph.toModel({ name: 'ferlab', version: '' }, {}));
}

/** The last value [N, C, h, w] of more than one place that all of the scores depend on. */
function lastFeatures(logits: Value): Value {
  const nodes = reachableNodes(logits.graph, [logits]);
  const pixels = logits.graph.inputs[0]!;
  for (const node of [...nodes].reverse()) {
    const [features] = node.outputs;
    const [, , height, width] = features!.shape;
    if (features!.shape.length !== 4 || height! * width! === 1) continue;
    const others = nodes.filter((other) => other !== node);
    if (!dependents(others, [pixels]).has(logits)) return features!;
  }
  throw new ShapeError('gradient map: expected features with a height and a width before the scores.');
}

/** The weights of a network among the tensors of its model file; null where one is missing or of another shape. */
export function weightsOf(network: Network, tensors: Readonly<Record<string, HostTensor>>): Weights | null {
  const specs = network.layer.describe(network.inputShape);
  const take = (kind: 'parameters' | 'state'): Record<string, HostTensor> | null => {
    const taken: Record<string, HostTensor> = {};
    for (const [path, { shape }] of Object.entries(specs[kind])) {
      const tensor = tensors[`${kind}/${path}`];
      if (tensor === undefined || !sameShape(tensor.type.shape, shape)) return null;
      taken[path] = tensor;
    }
    return taken;
  };
  const parameters = take('parameters');
  const state = take('state');
  return parameters === null || state === null ? null : { parameters, state };
}
