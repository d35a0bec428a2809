// Stands for onnxruntime-web/webgpu, which the page doesn't ship (studio/vite.config.js): whatever asks for that device is told.

export const InferenceSession = {
  create(): never {
    throw new Error('expected the device cpu, found webgpu, which the studio does without');
  },
};
