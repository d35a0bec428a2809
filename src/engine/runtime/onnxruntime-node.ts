// ONNX Runtime for Node. `#onnxruntime` of package.json stands for this file, but in pages.

export { env, InferenceSession, Tensor } from 'onnxruntime-node';
export const runtimeName = 'onnxruntime-node';
