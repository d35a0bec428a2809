// The bytes of a classifier's model file, from its network and weights.

import { compileForward } from '../engine/compile/forward.js';
import type { Network, Weights } from '../engine/compile/network.js';
import { serializeModel } from '../engine/onnx/edit.js';
import { rewriteForInterchange } from '../engine/onnx/interchange.js';

/**
 * The same weights and metadata give the same bytes. The graph's forms run on every device, and in OpenCV.
 *
 * @param metadata entries of metadata_props.
 * @param version of this program.
 */
export function classifierBytes(
  network: Network,
  weights: Weights,
  metadata: Record<string, string>,
  version: string,
): Uint8Array {
  const onnx = compileForward(network, 'webgpu', { stored: weights }); // whose forms run everywhere
  const file = onnx.toModel({ name: 'ferlab', version }, metadata);
  rewriteForInterchange(file);
  return serializeModel(file);
}
