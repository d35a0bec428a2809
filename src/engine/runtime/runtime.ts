// What each build of ONNX Runtime gives; `#onnxruntime` of package.json stands for one of the files onnxruntime-*.ts.

import type { InferenceSessionFactory, TensorConstructor } from 'onnxruntime-common';

/** ONNX Runtime for one device. */
export interface Runtime {
  /** Its name for the execution provider of the device. */
  readonly provider: string;
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
}
