// What an operator's lowering writes to: the ONNX graph under construction, the names of its values, and what the graph
// is written for (the execution provider and its kernels), which is all that a lowering may depend on besides its node.

import type { OnnxGraph } from '../onnx/model.js';
import type { Value } from './graph.js';

/**
 * The execution provider that a graph is written for. The forms for `webgpu` run on every provider; `cuda` takes most of
 * them, and they are what files for unknown machines are written in.
 */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

export interface LoweringContext {
  readonly onnx: OnnxGraph;
  readonly provider: Provider;
  /**
   * Channels that the CPU provider's kernels for blocked layouts (NCHWc) take side by side on this machine; null where the
   * graph has to keep to ONNX's own operators.
   */
  readonly channelBlock: number | null;
  /** ONNX name of a value; a new name where it has none yet. */
  name(value: Value): string;
  /** Whether anything reads this value; an optional output that nothing reads may be left out. */
  isUsed(value: Value): boolean;
  /**
   * Whether the first axis may differ from the traced one when the graph runs (inference with any number of images).
   * A lowering must then not write that size into the graph.
   */
  readonly dynamicBatch: boolean;
}
