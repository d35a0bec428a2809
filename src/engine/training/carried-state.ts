// Where the tensors live that a training step carries: parameters, running statistics, optimizer slots, averages.

import { nextName } from '../compile/training-step.js';
import { OnnxGraph } from '../onnx/model.js';
import type { Device } from '../runtime/device.js';
import { DeviceTensor, openSession, type Session, type Tensor } from '../runtime/session.js';
import { allocate, type HostTensor } from '../tensor/array.js';

export interface CarriedState {
  /** The tensors as they are now, as inputs of sessions on the same device. Good until the next step. */
  readonly current: Readonly<Record<string, Tensor>>;
  /** Outputs of the step that its session has to be opened with as resident. */
  resident(carried: readonly string[]): readonly string[];
  /** Runs a step on what is carried and the other inputs; what comes out is carried from then on. */
  step(
    session: Session,
    carried: readonly string[],
    inputs: Readonly<Record<string, HostTensor>>,
  ): Promise<Record<string, HostTensor>>;
  /** The tensors in JavaScript's memory. The next step but one may write over them. */
  read(): Promise<Readonly<Record<string, HostTensor>>>;
  /** Takes the tensors out of the memory of the session that made them, before it closes. */
  leaveSession(): Promise<void>;
  close(): Promise<void>;
}

export function carriedState(initial: Readonly<Record<string, HostTensor>>, device: Device): CarriedState {
  return device === 'webgpu' ? deviceState(initial) : hostState(initial);
}

/** Two sets of preallocated memory that take turns as input and output, so that a step allocates nothing for them. */
function hostState(initial: Readonly<Record<string, HostTensor>>): CarriedState {
  let current: Record<string, HostTensor> = { ...initial };
  let spare: Record<string, HostTensor> = Object.fromEntries(
    Object.entries(initial).map(([name, { type }]) => [name, allocate(type)]),
  );
  return {
    get current() {
      return current;
    },
    resident: () => [],
    async step(session, carried, inputs) {
      const into = Object.fromEntries(carried.map((name) => [nextName(name), spare[name]!]));
      const results = await session.run({ ...current, ...inputs }, into);
      [current, spare] = [spare, current];
      return results;
    },
    read: async () => current,
    leaveSession: async () => {},
    close: async () => {},
  };
}

/** Tensors that stay in the device's memory: a step moves its batch there, and brings back the loss. */
function deviceState(initial: Readonly<Record<string, HostTensor>>): CarriedState {
  let current: Record<string, Tensor> = { ...initial };
  let read: Readonly<Record<string, HostTensor>> | null = initial;
  let reader: Session | null = null;
  const readAll = async (): Promise<Readonly<Record<string, HostTensor>>> => {
    if (read !== null) return read;
    // The runtime's own way back isn't written for Node: a graph that gives what it gets is.
    reader ??= await openSession(identity(current), { device: 'webgpu' });
    const outputs = await reader.run(current);
    read = Object.fromEntries(Object.keys(current).map((name) => [name, outputs[nextName(name)]!]));
    return read;
  };
  return {
    get current() {
      return current;
    },
    resident: (carried) => carried.map(nextName),
    async step(session, carried, inputs) {
      const { results, resident } = await session.runResident({ ...current, ...inputs });
      releaseAll(current);
      current = Object.fromEntries(carried.map((name) => [name, resident[nextName(name)]!]));
      read = null;
      return results;
    },
    read: readAll,
    async leaveSession() {
      const tensors = await readAll();
      releaseAll(current);
      current = { ...tensors };
    },
    async close() {
      releaseAll(current);
      current = {};
      await reader?.close();
    },
  };
}

function releaseAll(tensors: Readonly<Record<string, Tensor>>): void {
  for (const tensor of Object.values(tensors)) if (tensor instanceof DeviceTensor) tensor.release();
}

function identity(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  const onnx = new OnnxGraph('read');
  for (const [name, { type }] of Object.entries(tensors)) {
    onnx.input(name, type.dtype, type.shape);
    onnx.addNode('Identity', [name], [nextName(name)]);
    onnx.output(nextName(name), type.dtype, type.shape);
  }
  return onnx.toBytes();
}
