// ONNX Runtime for pages: `#onnxruntime` of package.json stands for this file where a bundler sets the condition `browser`.

export { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu';
export const runtimeName = 'onnxruntime-web';
