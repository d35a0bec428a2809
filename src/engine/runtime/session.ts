// The only place that touches ONNX Runtime: opens a graph on an execution provider and runs it on host tensors.

import * as ort from 'onnxruntime-node';
import type { HostTensor, TypedArray } from '../tensor/array.js';
import { type DType, elementCount, tensorType } from '../tensor/type.js';

export interface SessionOptions {
  /** Threads inside an operator; the runtime's own choice (one a physical core) unless given. */
  threads?: number;
  /** Execution provider, `cpu` unless told. */
  provider?: 'cpu' | 'webgpu' | 'cuda';
}

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the graph. `into` gives memory for outputs of known shape, so that none is allocated; the rest is new. */
  run(
    feeds: Readonly<Record<string, HostTensor>>,
    into?: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}

/** Opens a model from its bytes. Errors of the runtime (a damaged file, an operator it lacks) pass through. */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [options.provider ?? 'cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, into) {
      const inputs: Record<string, ort.Tensor> = {};
      for (const name of session.inputNames) {
        const tensor = feeds[name];
        if (tensor === undefined) throw new Error(`The graph needs an input named ${name}.`);
        inputs[name] = toRuntime(tensor);
      }
      const fetches: Record<string, ort.Tensor | null> = {};
      for (const name of session.outputNames) {
        const target = into?.[name];
        fetches[name] = target === undefined ? null : toRuntime(target);
      }
      const results = await session.run(inputs, fetches);
      const outputs: Record<string, HostTensor> = {};
      for (const name of session.outputNames) outputs[name] = into?.[name] ?? fromRuntime(results[name]!);
      return outputs;
    },
    async close() {
      await session.release();
    },
  };
}

function toRuntime({ type, data }: HostTensor): ort.Tensor {
  return new ort.Tensor(type.dtype, data as Float32Array, type.shape);
}

function fromRuntime(tensor: ort.Tensor): HostTensor {
  const type = tensorType(tensor.type as DType, tensor.dims);
  const data = tensor.data as TypedArray;
  if (data.length !== elementCount(type.shape))
    throw new Error('The runtime returned a tensor of the wrong size.');
  return { type, data };
}
