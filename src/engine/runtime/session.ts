// Opens a graph on a device and runs it. Tensors come from JavaScript's memory or stay in the device's.

import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-common';
import { runtimeFor, runtimeVersion } from '#onnxruntime';
import { FerlabError } from '../../errors.js';
import type { HostTensor, TypedArray } from '../tensor/array.js';
import { type DType, elementCount, type TensorType, tensorType } from '../tensor/type.js';
import { type Device, deviceError } from './device.js';
import type { Runtime } from './runtime.js';

/**
 * How long a thread waits for the next operator by spinning before it sleeps, in microseconds. With the runtime's own,
 * longer time, steps on a virtual machine took twice as long for minutes at a stretch, and threads that only wait took
 * turns with a second busy process (docs/performance.md).
 */
const spinMicroseconds = 200;

export { runtimeVersion };

export interface SessionOptions {
  /**
   * Threads inside an operator, on the CPU; the runtime's own choice unless given: one per physical core, and in a page
   * one, or more where it is isolated from other origins.
   */
  threads?: number;
  /** Where the graph runs; default `cpu`. */
  device?: Device;
  /** Outputs that stay in the device's memory: `runResident` gives them. For `webgpu` alone. */
  resident?: readonly string[];
  /** Errors come as exceptions alone, not on standard error too: for trying what may fail. */
  quiet?: boolean;
}

/** A tensor in the device's memory. Any session on the same device takes it as an input. */
export class DeviceTensor {
  constructor(
    readonly type: TensorType,
    /** The runtime's own handle; for sessions alone. */
    readonly handle: RuntimeTensor,
  ) {}

  /** Gives the memory back; the tensor can't be used any more. */
  release(): void {
    this.handle.dispose();
  }
}

export type Tensor = HostTensor | DeviceTensor;
type Feeds = Readonly<Record<string, Tensor>>;

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Runs the graph. `into` gives memory for outputs of known shape, so that none is allocated; the rest is new. */
  run(feeds: Feeds, into?: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  /** Runs the graph; the outputs named as resident stay on the device until they are released. */
  runResident(
    feeds: Feeds,
  ): Promise<{ results: Record<string, HostTensor>; resident: Record<string, DeviceTensor> }>;
  close(): Promise<void>;
}

/**
 * Opens a model from its bytes. Errors of the runtime (a damaged file, an operator it lacks) pass through.
 *
 * On WebGPU a graph runs there whole or not at all: nothing falls back to the CPU unnoticed.
 *
 * @throws FerlabError `device` where the device can't be used, or lacks an operator of the graph.
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { device = 'cpu', threads, resident = [], quiet = device !== 'cpu' } = options;
  if (resident.length > 0 && device !== 'webgpu')
    throw new Error(`Outputs stay on the device with webgpu alone, not with ${device}.`);
  const runtime = await runtimeFor(device);
  if (runtime === null) {
    throw new FerlabError(
      'device',
      `device ${device}: expected a device that ${runtimeVersion} has, found one that it lacks. Use the device cpu.`,
    );
  }
  const session = await create(runtime, model, device, {
    executionProviders: [runtime.provider],
    graphOptimizationLevel: 'all',
    logSeverityLevel: quiet ? 4 : 3,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      session: {
        intra_op: { spin_duration_us: String(spinMicroseconds) },
        ...(device === 'webgpu' ? { disable_cpu_ep_fallback: '1' } : {}),
      },
    },
    ...(resident.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(resident.map((name) => [name, 'gpu-buffer'])) }),
  });
  const isResident = new Set(resident);

  const execute = async (
    feeds: Feeds,
    into: Readonly<Record<string, HostTensor>>,
  ): Promise<InferenceSession.OnnxValueMapType> => {
    const inputs: Record<string, RuntimeTensor> = {};
    for (const name of session.inputNames) {
      const tensor = feeds[name];
      if (tensor === undefined) throw new Error(`The graph needs an input named ${name}.`);
      inputs[name] = tensor instanceof DeviceTensor ? tensor.handle : toRuntime(runtime, tensor);
    }
    const fetches: Record<string, RuntimeTensor | null> = {};
    for (const name of session.outputNames) {
      const target = into[name];
      fetches[name] = target === undefined || !runtime.fillsOutputs ? null : toRuntime(runtime, target);
    }
    return session.run(inputs, fetches);
  };

  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds, into = {}) {
      if (isResident.size > 0) throw new Error('This session has resident outputs: runResident gives them.');
      const results = await execute(feeds, into);
      return Object.fromEntries(
        session.outputNames.map((name) => {
          const target = into[name];
          if (target === undefined) return [name, fromRuntime(results[name]!)];
          if (!runtime.fillsOutputs) copyInto(target, fromRuntime(results[name]!));
          return [name, target];
        }),
      );
    },
    async runResident(feeds) {
      const values = await execute(feeds, {});
      const results: Record<string, HostTensor> = {};
      const kept: Record<string, DeviceTensor> = {};
      for (const name of session.outputNames) {
        const value = values[name]!;
        if (isResident.has(name)) kept[name] = new DeviceTensor(typeOf(value), value);
        else results[name] = fromRuntime(value);
      }
      return { results, resident: kept };
    },
    async close() {
      await session.release();
    },
  };
}

async function create(
  runtime: Runtime,
  model: Uint8Array,
  device: Device,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await runtime.InferenceSession.create(model, options);
  } catch (error) {
    throw deviceError(device, error) ?? error;
  }
}

function toRuntime({ Tensor }: Runtime, { type, data }: HostTensor): RuntimeTensor {
  return new Tensor(type.dtype, data as Float32Array, type.shape);
}

function copyInto(target: HostTensor, { data }: HostTensor): void {
  (target.data as Float32Array).set(data as Float32Array);
}

function typeOf(tensor: RuntimeTensor): TensorType {
  return tensorType(tensor.type as DType, tensor.dims);
}

function fromRuntime(tensor: RuntimeTensor): HostTensor {
  const type = typeOf(tensor);
  const data = tensor.data as TypedArray;
  if (data.length !== elementCount(type.shape))
    throw new Error('The runtime returned a tensor of the wrong size.');
  return { type, data };
}
