// What each build of ONNX Runtime gives; `#onnxruntime` of package.json stands for one of the files onnxruntime-*.ts.

import type { InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';

/** ONNX Runtime for one device. */
export interface Runtime {
  /** Its name for the execution provider of the device. */
  readonly provider: string;
  /**
   * Whether it writes into memory that is given for outputs. The build for pages takes such tensors, and leaves them as they
   * were: WebAssembly has a memory of its own, and what a graph gives isn't copied back into them.
   */
  readonly fillsOutputs: boolean;
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}
