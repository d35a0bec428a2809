// Runs a compiled training step again and again.

import { Random } from '../../random/random.js';
import { measureName, stepScalars, type TrainingStep } from '../compile/training-step.js';
import type { Optimizer } from '../optim/transforms.js';
import type { Device } from '../runtime/device.js';
import { openSession, type Session, type SessionOptions, type Tensor } from '../runtime/session.js';
import { allocate, type HostTensor } from '../tensor/array.js';
import { type Shape, tensorType } from '../tensor/type.js';
import { type CarriedState, carriedState } from './carried-state.js';

export interface TrainingSessionOptions extends Omit<SessionOptions, 'resident'> {
  optimizer: Optimizer;
  /** Dropout masks derive from this and the step. */
  seed: number;
  emaDecay: number | null;
}

export interface StepInput {
  /** By name: raw `pixels` [B, C, H, W], and what the objective takes, [B, ...shape]. */
  inputs: Readonly<Record<string, Float32Array>>;
  /** [C, H, W] of these images, where a network takes images of several sizes. */
  imageShape?: Shape | undefined;
  /** From 1. */
  step: number;
  learningRate: number;
}

export interface StepResult {
  /** Mean over the batch, before the update. */
  loss: number;
  /** The objective's measures by name, each summed over the images of the batch. */
  measures: Readonly<Record<string, number>>;
}

/**
 * Steps that are worth making in one run of the engine. On CUDA every run takes what is carried to the device and back,
 * which for `large` took longer than a step (docs/performance.md); elsewhere it stays where it is.
 */
export const stepsPerRun = (device: Device): number => (device === 'cuda' ? 16 : 1);

export class TrainingSession {
  private readonly sessions = new Map<number, Promise<{ step: TrainingStep; session: Session }>>();
  /** Of the open sessions. */
  private imageShape: Shape | undefined;
  private readonly masks = new Map<string, HostTensor>();
  private readonly state: CarriedState;

  /**
   * @param compile gives the step for a batch size, for the device of the options, and for images of a shape where `run`
   *   is given one; called once a size (a last, smaller batch needs its own).
   * @param carried starting values; see initialState.
   */
  constructor(
    private readonly compile: (batchSize: number, imageShape?: Shape) => TrainingStep,
    carried: Readonly<Record<string, HostTensor>>,
    private readonly options: TrainingSessionOptions,
  ) {
    this.state = carriedState(carried, options.device ?? 'cpu');
  }

  /** Carried tensors as they are now, as inputs of sessions on the same device. Good until the next step. */
  get carried(): Readonly<Record<string, Tensor>> {
    return this.state.current;
  }

  /** Carried tensors as they are now, in JavaScript's memory. The next step but one may write over it. */
  readCarried(): Promise<Readonly<Record<string, HostTensor>>> {
    return this.state.read();
  }

  /** Opens the step for a batch size ahead of its first use. */
  async prepare(batchSize: number): Promise<void> {
    await this.open(batchSize, undefined);
  }

  private async open(
    batchSize: number,
    imageShape: Shape | undefined,
  ): Promise<{ step: TrainingStep; session: Session }> {
    if (imageShape?.join() !== this.imageShape?.join()) {
      await this.state.leaveSession();
      await this.closeSessions(); // each keeps the memory of its largest step
      this.imageShape = imageShape;
      this.masks.clear();
    }
    let opened = this.sessions.get(batchSize);
    if (opened === undefined) {
      const step = this.compile(batchSize, imageShape);
      const resident = this.state.resident(step.carried);
      opened = openSession(step.model, { ...this.options, resident }).then((session) => ({ step, session }));
      this.sessions.set(batchSize, opened);
    }
    return opened;
  }

  private async closeSessions(): Promise<void> {
    for (const opened of this.sessions.values()) await (await opened).session.close();
    this.sessions.clear();
  }

  /** One step on a batch of any size. */
  async run(batchSize: number, input: StepInput): Promise<StepResult> {
    const [result] = await this.runSteps(batchSize, [input]);
    return result!;
  }

  /**
   * Steps one after the other, on batches of the same size and images of the same shape: in one run of the engine where
   * its graph is written for that, as on CUDA, which saves the way of the carried tensors between them.
   *
   * @param inputs at least one.
   */
  async runSteps(batchSize: number, inputs: readonly StepInput[]): Promise<StepResult[]> {
    const { step, session } = await this.open(batchSize, inputs[0]!.imageShape);
    const results: StepResult[] = [];
    const make = async (given: Readonly<Record<string, HostTensor>>): Promise<void> => {
      const outputs = await this.state.step(session, step.carried, given);
      for (const [i, loss] of outputs.loss!.data.entries()) {
        const measures: Record<string, number> = {};
        for (const name of step.measures) measures[name] = Number(outputs[measureName(name)]!.data[i]);
        results.push({ loss: Number(loss), measures });
      }
    };
    if (step.repeats) await make(this.givenToAll(step, inputs));
    else for (const input of inputs) await make(this.givenTo(step, input)); // one by one: masks share their memory
    return results;
  }

  /** What each of several steps is given, along a new first axis. */
  private givenToAll(step: TrainingStep, inputs: readonly StepInput[]): Record<string, HostTensor> {
    const whole: Record<string, HostTensor> = {};
    inputs.forEach((input, i) => {
      for (const [name, { type, data }] of Object.entries(this.givenTo(step, input))) {
        whole[name] ??= allocate(tensorType(type.dtype, [inputs.length, ...type.shape]));
        (whole[name].data as Float32Array).set(data as Float32Array, i * data.length);
      }
    });
    return whole;
  }

  /** Its masks are good until the next step's are drawn. */
  private givenTo(step: TrainingStep, input: StepInput): Record<string, HostTensor> {
    const given: Record<string, HostTensor> = {
      ...this.drawMasks(step, input.step),
      ...stepScalars(this.options.optimizer, input.step, input.learningRate, this.options.emaDecay),
    };
    for (const [name, type] of Object.entries(step.inputs)) {
      const data = input.inputs[name];
      if (data === undefined)
        throw new RangeError(`inputs: expected ${name}, which the step takes; found none.`);
      given[name] = { type, data };
    }
    return given;
  }

  private drawMasks(step: TrainingStep, stepNumber: number): Record<string, HostTensor> {
    return Object.fromEntries(
      step.masks.map(({ name, type, rate }) => {
        const key = `${name}:${step.batchSize}`;
        const mask = this.masks.get(key) ?? allocate(type);
        this.masks.set(key, mask);
        new Random(this.options.seed, 'dropout', stepNumber, name).fillBits(
          mask.data as Int32Array,
          1 - rate,
        );
        return [name, mask];
      }),
    );
  }

  async close(): Promise<void> {
    // Tensors first: on WebGPU, memory that is given back after the last session ends the process.
    await this.state.close();
    await this.closeSessions();
  }
}
