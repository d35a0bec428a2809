// Compiles one training step (forward, backward, optimizer, running statistics, weight averages) into one ONNX graph:
// everything carried goes in, and comes out changed.

import { gradients } from '../autodiff/gradients.js';
import type { Provider } from '../ir/graph.js';
import { Graph, printGraph, type Value } from '../ir/graph.js';
import { below, prefixed, type Values } from '../nn/layer.js';
import type { Objective } from '../nn/objective.js';
import { dropoutMaskOp, maskBitsType } from '../ops/dropout.js';
import { add, multiply, subtract } from '../ops/elementwise.js';
import type { Optimizer } from '../optim/transforms.js';
import { allocate, type HostTensor } from '../tensor/array.js';
import { type TensorType, tensorType } from '../tensor/type.js';
import { pixelsName } from './forward.js';
import { lowerGraph } from './lower.js';
import { applyNetwork, type Network, type Tensors, type Weights } from './network.js';
import { optimizeForward } from './passes.js';
import { repeatStep } from './repeated-step.js';

export interface TrainingStepOptions {
  network: Network;
  batchSize: number;
  objective: Objective;
  optimizer: Optimizer;
  provider: Provider;
  /** Of the machine that will run the step (runtime/channel-block.ts); by default null, a step for any machine. */
  channelBlock?: number | null;
  /** Keep an exponential moving average of parameters and statistics. */
  ema: boolean;
  /**
   * Write a graph that makes several steps in one run (repeated-step.ts). By default only for `cuda`, whose tensors can't
   * stay on the device between runs.
   */
  repeats?: boolean;
  /** Skip the passes that reorder the forward graph; for comparing. */
  unoptimized?: boolean;
}

/** The bits of a dropout mask, an input to be drawn anew for each step. */
interface DropoutMask {
  readonly name: string;
  /** See maskBitsType. */
  readonly type: TensorType;
  /** Share of bits that are not set. */
  readonly rate: number;
}

/** A compiled step. Carried tensors keep their names; their new values come out as `next/<name>`. */
export interface TrainingStep {
  readonly model: Uint8Array;
  readonly batchSize: number;
  /** What the step is fed for its batch, by name: `pixels` and the inputs of the objective. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  /** Names of the objective's measures; outputs of the graph, as `loss` is. */
  readonly measures: readonly string[];
  readonly carried: readonly string[];
  readonly masks: readonly DropoutMask[];
  /**
   * One run makes as many steps as it is given inputs for: all but the carried tensors have a leading axis, the steps.
   */
  readonly repeats: boolean;
  /** The traced graph in readable form. */
  readonly text: string;
}

export const nextName = (name: string): string => `next/${name}`;
export const measureName = (name: string): string => `measures/${name}`;
const scalarName = (transform: string, name: string): string => `scalars/${transform}/${name}`;
const emaDecayName = 'scalars/ema/decay';

/** The types of all that a run carries from step to step: `parameters/`, `state/`, `slots/`, `ema/`. */
export function carriedTypes(
  network: Network,
  optimizer: Optimizer,
  ema: boolean,
): Record<string, TensorType> {
  const specs = network.layer.describe(network.inputShape);
  const types: Record<string, TensorType> = {};
  for (const kind of ['parameters', 'state'] as const) {
    for (const [path, { shape }] of Object.entries(specs[kind])) {
      types[`${kind}/${path}`] = tensorType('float32', shape);
      if (ema) types[`ema/${kind}/${path}`] = tensorType('float32', shape);
    }
  }
  for (const transform of optimizer) {
    for (const slot of transform.slots) {
      for (const [path, { shape }] of Object.entries(specs.parameters)) {
        types[`slots/${transform.name}/${slot}/${path}`] = tensorType('float32', shape);
      }
    }
  }
  return types;
}

/** Everything that a run carries from step to step, at the start: `parameters/`, `state/`, `slots/`, `ema/`. */
export function initialState(
  weights: Weights,
  optimizer: Optimizer,
  ema: boolean,
): Record<string, HostTensor> {
  const copy = ({ type, data }: HostTensor): HostTensor => ({ type, data: data.slice() });
  const carried: Record<string, HostTensor> = {};
  for (const kind of ['parameters', 'state'] as const) {
    for (const [path, tensor] of Object.entries(weights[kind])) {
      carried[`${kind}/${path}`] = copy(tensor);
      if (ema) carried[`ema/${kind}/${path}`] = copy(tensor);
    }
  }
  for (const transform of optimizer) {
    for (const slot of transform.slots) {
      for (const [path, tensor] of Object.entries(weights.parameters)) {
        carried[`slots/${transform.name}/${slot}/${path}`] = allocate(tensor.type);
      }
    }
  }
  return carried;
}

/** The weights within carried tensors; the averaged ones where they are kept and wanted. */
export function weightsOf(carried: Tensors, averaged: boolean): Weights {
  const source = averaged ? below(carried, 'ema') : carried;
  return { parameters: below(source, 'parameters'), state: below(source, 'state') };
}

/**
 * Scalars to feed at a step (from 1). The average's decay starts low, min(decay, (1 + t) / (10 + t)), so that it
 * forgets the random start soon (TensorFlow's ExponentialMovingAverage with num_updates).
 */
export function stepScalars(
  optimizer: Optimizer,
  step: number,
  learningRate: number,
  emaDecay: number | null,
): Record<string, HostTensor> {
  const scalars: Record<string, HostTensor> = {};
  const put = (name: string, value: number): void => {
    scalars[name] = { type: tensorType('float32', []), data: Float32Array.of(value) };
  };
  for (const transform of optimizer) {
    for (const [name, value] of Object.entries(transform.scalars(step, learningRate))) {
      put(scalarName(transform.name, name), value);
    }
  }
  if (emaDecay !== null) put(emaDecayName, Math.min(emaDecay, (1 + step) / (10 + step)));
  return scalars;
}

export function compileTrainingStep(options: TrainingStepOptions): TrainingStep {
  const { network, batchSize, objective, optimizer, provider } = options;
  const forward = traceForward(options);
  const { graph } = forward;
  const inputs = Object.fromEntries(
    Object.entries(objective.inputs).map(([name, shape]) => [
      name,
      graph.input(name, tensorType('float32', [batchSize, ...shape])),
    ]),
  );
  const { loss, measures } = objective.loss(forward.outputs, inputs);
  const results = { loss, ...mapKeys(measures, measureName) };

  const paths = Object.keys(forward.parameters);
  const gradientList = gradients(
    loss,
    paths.map((path) => forward.parameters[path]!),
  );
  const next: Record<string, Value> = {};
  let updates: Values = Object.fromEntries(paths.map((path, i) => [path, gradientList[i]!]));
  for (const transform of optimizer) {
    const slots: Record<string, Value> = {};
    for (const slot of transform.slots) {
      for (const path of paths) {
        slots[`${slot}/${path}`] = graph.input(
          `slots/${transform.name}/${slot}/${path}`,
          forward.parameters[path]!.type,
        );
      }
    }
    const scalars = Object.fromEntries(
      Object.keys(transform.scalars(1, 1)).map((name) => [
        name,
        graph.input(scalarName(transform.name, name), tensorType('float32', [])),
      ]),
    );
    const result = transform.update(updates, { parameters: forward.parameters, slots, scalars });
    updates = result.updates;
    for (const [path, value] of Object.entries(result.slots)) next[`slots/${transform.name}/${path}`] = value;
  }
  for (const path of paths) next[`parameters/${path}`] = subtract(forward.parameters[path]!, updates[path]!);
  for (const [path, value] of Object.entries(forward.newState)) next[`state/${path}`] = value;
  if (options.ema) addAverages(graph, next);

  const outputs = mapKeys(next, nextName);
  const onnx = lowerGraph(graph, {
    name: 'training_step',
    provider,
    channelBlock: options.channelBlock ?? null,
    outputs: { ...results, ...outputs },
  });
  const repeats = options.repeats ?? provider === 'cuda';
  const whole = repeats
    ? repeatStep(onnx, {
        carried: Object.entries(next).map(([name, { type }]) => ({ name, type })),
        next: Object.keys(outputs),
        given: graph.inputs.filter(({ name }) => !(name in next)),
        results: Object.entries(results).map(([name, { type }]) => ({ name, type })),
      })
    : onnx;
  return {
    model: whole.toBytes(),
    batchSize,
    inputs: {
      [pixelsName]: tensorType('float32', [batchSize, ...network.inputShape]),
      ...Object.fromEntries(Object.entries(inputs).map(([name, { type }]) => [name, type])),
    },
    measures: Object.keys(measures),
    carried: Object.keys(next),
    masks: forward.masks,
    repeats,
    text: printGraph(graph),
  };
}

function mapKeys<T>(record: Readonly<Record<string, T>>, change: (key: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [change(key), value]));
}

interface TracedForward {
  graph: Graph;
  /** The network's, by name. */
  outputs: Values;
  parameters: Values;
  newState: Values;
  masks: DropoutMask[];
}

function traceForward({ network, batchSize, unoptimized, provider }: TrainingStepOptions): TracedForward {
  const graph = new Graph();
  const pixels = graph.input(pixelsName, tensorType('float32', [batchSize, ...network.inputShape]));
  const specs = network.layer.describe(network.inputShape);
  const inputs = (kind: 'parameters' | 'state'): Record<string, Value> =>
    Object.fromEntries(
      Object.entries(specs[kind]).map(([path, { shape }]) => [
        path,
        graph.input(`${kind}/${path}`, tensorType('float32', shape)),
      ]),
    );
  const parameters = inputs('parameters');
  const masks: DropoutMask[] = [];
  const context = {
    training: true,
    dropoutMask(shape: readonly number[], rate: number): Value {
      const mask = { name: `masks/${masks.length}`, type: maskBitsType(shape), rate };
      masks.push(mask);
      return graph.apply(dropoutMaskOp, [graph.input(mask.name, mask.type)], { shape, rate })[0]!;
    },
  };
  const { outputs, state } = applyNetwork(network, context, parameters, inputs('state'), pixels);
  if (unoptimized) return { graph, outputs, parameters, newState: state, masks };
  const optimized = optimizeForward(
    graph,
    { ...prefixed(state, 'state'), ...prefixed(outputs, 'outputs') },
    { trained: Object.values(parameters), provider },
  );
  return {
    graph: optimized.graph,
    outputs: below(optimized.values, 'outputs'),
    parameters: Object.fromEntries(
      Object.keys(parameters).map((path) => [path, optimized.inputNamed(`parameters/${path}`)]),
    ),
    newState: below(optimized.values, 'state'),
    masks,
  };
}

/** average decay + value (1 - decay), for parameters and running statistics. */
function addAverages(graph: Graph, next: Record<string, Value>): void {
  const decay = graph.input(emaDecayName, tensorType('float32', []));
  for (const [name, value] of Object.entries(next)) {
    if (name.startsWith('slots/')) continue;
    const average = graph.input(`ema/${name}`, value.type);
    next[`ema/${name}`] = add(value, multiply(subtract(average, value), decay));
  }
}
