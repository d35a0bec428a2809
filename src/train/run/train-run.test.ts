// A second task, trained through the same loop, checkpoint, resume and run folder as classification: a network with two
// outputs says whether there is a square and where it is. Only the hardest images of a batch count.

import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileForward } from '../../engine/compile/forward.js';
import { initializeWeights, type Network } from '../../engine/compile/network.js';
import type { Value } from '../../engine/ir/graph.js';
import { heads, sequential } from '../../engine/nn/compose.js';
import { conv2d, dense, flatten, relu } from '../../engine/nn/layers.js';
import type { Objective } from '../../engine/nn/objective.js';
import { hardest } from '../../engine/ops/choice.js';
import { add, divide, multiply, scalar, subtract } from '../../engine/ops/elementwise.js';
import { softmaxCrossEntropy } from '../../engine/ops/loss.js';
import { reduceSum } from '../../engine/ops/sum.js';
import { openSession } from '../../engine/runtime/session.js';
import { tensorType } from '../../engine/tensor/type.js';
import type { FerlabError } from '../../errors.js';
import { lockName } from '../../files/lock.js';
import { Random } from '../../random/random.js';
import { readHistory } from '../../scores/history.js';
import { resolveTrainConfig } from '../config/config.js';
import type { TrainEvent } from '../loop/events.js';
import type { RunSettings } from '../loop/prepare.js';
import { forThisMachine } from '../loop/run-config.js';
import type { RunTask, Task } from '../loop/task.js';
import { writeCheckpoint } from './checkpoint.js';
import { takeFreeRunFolder, takeRunFolder } from './run-folder.js';
import { readRun } from './stored-run.js';
import { beginRun, type RunKind, resumeRun, type TrainCall } from './train-run.js';

const side = 8;
const batchSize = 10;
const images = 45; // the last batch is smaller

/** Two heads on one trunk: the class [N, 2], and the box [N, 4] as shares of the side. */
const network: Network = {
  layer: heads(
    sequential({ conv: conv2d({ filters: 4, kernelSize: 3 }), relu: relu(), flatten: flatten() }),
    {
      class: dense({ units: 2 }),
      box: dense({ units: 4 }),
    },
  ),
  inputShape: [1, side, side],
  preprocessing: { scale: 1 / 255, offset: 0 },
};

const times = (value: Value, factor: number): Value => multiply(value, scalar(value, factor));

/** Losses of class and box with their weights; of a batch, the hardest 70% of the images count. */
const objective: Objective = {
  inputs: { classes: [2], boxes: [4] },
  loss(outputs, { classes, boxes }) {
    const classLoss = softmaxCrossEntropy(outputs.class!, classes!);
    const difference = subtract(outputs.box!, boxes!);
    const boxLoss = reduceSum(multiply(difference, difference), [1]);
    const losses = add(classLoss, times(boxLoss, 0.5));
    const hard = hardest(losses, 0.7);
    return {
      loss: divide(reduceSum(multiply(losses, hard), [0]), reduceSum(hard, [0])),
      measures: {
        classLoss: reduceSum(classLoss, [0]),
        boxLoss: reduceSum(boxLoss, [0]),
        hard: reduceSum(hard, [0]),
      },
    };
  },
};

const measures: Task['measures'] = {
  loss: 'smaller',
  classLoss: 'smaller',
  boxLoss: 'smaller',
  hard: 'smaller',
  valBoxError: 'smaller',
};

/** A dark image, every other one with a bright square of three pixels somewhere. */
function draw(random: Random) {
  const pixels = Float32Array.from({ length: side * side }, () => random.uniform(0, 60));
  const [there, x, y] = [random.integer(2), random.integer(side - 3), random.integer(side - 3)];
  if (there) for (let i = 0; i < 9; i++) pixels[(y + Math.floor(i / 3)) * side + x + (i % 3)]! += 180;
  return {
    pixels,
    classes: there ? [0, 1] : [1, 0],
    boxes: there ? [x / side, y / side, (x + 3) / side, (y + 3) / side] : [0, 0, 0, 0],
  };
}

function squares(config: Settings): RunTask {
  const { seed } = config.train;
  return {
    network,
    objective,
    measures,
    trainingImages: images,
    batchesPerEpoch: Math.ceil(images / batchSize),
    // Drawn anew for every epoch: no folders of classes, no store.
    async *batches(epoch) {
      for (let first = 0; first < images; first += batchSize) {
        const size = Math.min(batchSize, images - first);
        const drawn = Array.from({ length: size }, (_, i) =>
          draw(new Random(seed, 'square', epoch, first + i)),
        );
        const flat = (name: 'pixels' | 'classes' | 'boxes') =>
          Float32Array.from(drawn.flatMap((image) => [...image[name]]));
        yield {
          size,
          waitSeconds: 0,
          inputs: async () => ({ pixels: flat('pixels'), classes: flat('classes'), boxes: flat('boxes') }),
          release() {},
        };
      }
    },
    async openValidation({ device, channelBlock, threads }) {
      const answers = (outputs: Readonly<Record<string, Value>>) => outputs;
      const model = compileForward(network, device, { channelBlock, answers }).toBytes();
      const session = await openSession(model, { device, threads });
      const drawn = Array.from({ length: 20 }, (_, i) => draw(new Random(seed, 'validation', i)));
      const pixels = {
        type: tensorType('float32', [20, 1, side, side]),
        data: Float32Array.from(drawn.flatMap((image) => [...image.pixels])),
      };
      return {
        async score(weights) {
          const { box } = await session.run({ ...weights, pixels });
          const errors = drawn.flatMap(({ boxes }, i) =>
            boxes.map((value, k) => Math.abs(value - Number(box!.data[4 * i + k]))),
          );
          return { valBoxError: errors.reduce((sum, error) => sum + error, 0) / errors.length };
        },
        close: () => session.close(),
      };
    },
    firstWeights: () => initializeWeights(network, seed),
    encodeModel: (weights, metrics) =>
      compileForward(network, 'webgpu', { stored: weights, answers: (outputs) => outputs }).toBytes(
        { name: 'squares', version: '1' },
        { metrics: JSON.stringify(metrics) },
      ),
    finishModel: async (bytes, _file, _place, { report }) => ({
      bytes,
      writeReport: report
        ? ({ folder, best }) => writeFile(join(folder, 'report.md'), `${best.epoch}`)
        : null,
    }),
  };
}

type Settings = RunSettings & { squares: 'drawn' };

const kind: RunKind<Settings, { close(): Promise<void> }> = {
  format: { task: 'squares', parse: (value) => value as Settings, withPaths: (config) => config },
  measures,
  problem: () => null,
  openData: async () => ({ close: async () => {} }),
  fingerprints: () => ({ squares: 'a' }),
  describeFingerprint: () => ({ what: 'squares', found: 'others', remedy: 'them' }),
  createTask: squares,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferlab-squares-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (...parts: string[]) => join(folder, ...parts);

function settings(epochs: number): Settings {
  const config = resolveTrainConfig('seed', {
    data: { path: 'unused' },
    optimizer: { name: 'adam', learningRate: 0.01 },
    schedule: { name: 'cosine' },
    train: { epochs, threads: 1, seed: 4, ema: 0.9 },
  });
  const { optimizer, schedule, train } = forThisMachine(config);
  return { optimizer, schedule, train: { ...train, monitor: 'val_box_error' }, squares: 'drawn' };
}

async function begin(name: string, call: TrainCall = {}, epochs = 4) {
  return beginRun(kind, settings(epochs), await takeRunFolder(at(name)), { ...call, command: 'squares' });
}

const resume = (name: string, epochs?: number, call: TrainCall = {}) =>
  resumeRun(kind, at(name), (config) => config, epochs, call);

/** Stops in the middle of an epoch. */
function stopIn(epoch: number): TrainCall {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onProgress: (event) => {
      if (event.type === 'step' && event.epoch === epoch && event.step === 2) controller.abort();
    },
  };
}

describe('another task than classification', () => {
  it('learns, with measures of its own in the history', async () => {
    const events: TrainEvent[] = [];
    const result = await begin('whole', { onProgress: (event) => events.push(event) });
    const rows = readHistory(await readFile(at('whole/history.json'), 'utf8'));
    expect(rows).toEqual(result.history);
    expect(Object.keys(rows[0]!.measures)).toEqual(Object.keys(measures));
    expect(await readFile(at('whole/history.csv'), 'utf8')).toMatch(
      /^epoch,learning_rate,loss,class_loss,box_loss,hard,val_box_error,seconds,/,
    );
    const [first, last] = [rows[0]!.measures, rows.at(-1)!.measures];
    expect(last.loss).toBeLessThan(0.8 * first.loss!);
    expect(last.valBoxError).toBeLessThan(first.valBoxError!);
    expect(first.hard).toBeCloseTo((4 * 7 + 4) / 45); // 70% of each batch, rounded
    // The hardest images have a larger loss than all.
    expect(first.loss).toBeGreaterThan(first.classLoss! + 0.5 * first.boxLoss!);
    expect(result.best.measures.valBoxError).toBe(Math.min(...rows.map((row) => row.measures.valBoxError!)));
    const step = events.find((event) => event.type === 'step');
    expect(Object.keys(step!.measures)).toEqual(['loss', 'classLoss', 'boxLoss', 'hard']);
    expect(await readFile(at('whole/report.md'), 'utf8')).toBe(`${result.best.epoch}`);
  });

  it('goes on after an interruption, and after more epochs are asked for, to the same bytes', async () => {
    expect((await begin('stopped', stopIn(3))).stopped).toBe('interrupted');
    expect((await readRun(at('stopped'), kind.format)).finished).toBeUndefined();
    expect((await resume('stopped')).stopped).toBe('finished');
    for (const file of ['best.onnx', 'last.safetensors']) {
      const [whole, stopped] = [await readFile(at('whole', file)), await readFile(at('stopped', file))];
      expect(stopped.equals(whole), file).toBe(true);
    }
    const { finished, history } = await readRun(at('stopped'), kind.format);
    expect([finished, history.length]).toEqual([true, 4]);
    expect((await resume('stopped', 5, { report: false })).history).toHaveLength(5);
    await expect(resume('stopped', 3)).rejects.toThrow(/expected at least the 5 epochs/);
  });

  it('refuses another task in its folder, and other data', async () => {
    const format = { ...kind.format, task: 'classify' };
    await expect(readRun(at('whole'), format)).rejects.toThrow(
      /expected a run of the task classify, found one of the task squares/,
    );
    const changed = { ...kind, fingerprints: () => ({ squares: 'b' }) };
    await expect(resumeRun(changed, at('whole'), (config) => config, undefined, {})).rejects.toThrow(
      /expected the squares that the run began with, found others/,
    );
  });
});

it('refuses a checkpoint of another network or optimizer', async () => {
  const { checkpoint } = await readRun(at('whole'), kind.format);
  const { 'parameters/box/kernel': kernel, ...rest } = checkpoint!.tensors;
  const wrong = { ...rest, 'parameters/box/kernel': { ...kernel!, type: tensorType('float32', [1, 1024]) } };
  await cp(at('whole'), at('wrong'), { recursive: true });
  for (const [tensors, found] of [
    [rest, 'no such tensor'],
    [wrong, '[1, 1024]'],
  ] as const) {
    await writeCheckpoint(at('wrong/last.safetensors'), { ...checkpoint!, tensors });
    await expect(resume('wrong')).rejects.toThrow(`parameters/box/kernel: expected the shape [256, 4]`);
    await expect(resume('wrong')).rejects.toThrow(`found ${found}`);
  }
});

describe('the folder of a run', () => {
  it('is locked while the run is trained, and can be read', async () => {
    let refusals: FerlabError[] = [];
    let read: Awaited<ReturnType<typeof readRun<Settings>>> | undefined;
    const look = async () => {
      const attempts = [resume('locked'), begin('locked')];
      const results = await Promise.allSettled(attempts);
      refusals = results.map((result) => (result as PromiseRejectedResult).reason as FerlabError);
      read = await readRun(at('locked'), kind.format);
    };
    const original = kind.createTask;
    const slow: typeof kind = {
      ...kind,
      createTask(...given) {
        const task = original(...given);
        return {
          ...task,
          async *batches(epoch) {
            if (epoch === 1) await look();
            yield* task.batches(epoch);
          },
        };
      },
    };
    await beginRun(slow, settings(2), await takeRunFolder(at('locked')), {
      command: 'squares',
      report: false,
    });
    expect(refusals.map(({ kind: reason }) => reason)).toEqual(['io', 'io']);
    expect(refusals[0]!.message).toMatch(
      /locked: expected a run that isn't being trained, found that process \d+ on this machine .* is training in it\. Wait/,
    );
    expect(refusals[1]!.message).toMatch(
      /expected a new or empty folder .* is training in it\. Choose another/,
    );
    for (const { message } of refusals) expect(message).not.toContain('--resume');
    expect(read!.history).toHaveLength(1);
    expect(await readdir(at('locked'))).not.toContain(lockName);
  });

  it('is nowhere where the data can not be opened', async () => {
    const failing = { ...kind, openData: () => Promise.reject(new Error('no data')) };
    const taken = await takeRunFolder(at('deep/er/none'));
    await expect(beginRun(failing, settings(1), taken, { command: 'squares' })).rejects.toThrow('no data');
    expect(await readdir(folder)).not.toContain('deep');
  });

  it('gets a number of its own where two runs begin at once, and loses what a killed process left', async () => {
    const taken = await Promise.all([1, 2, 3].map(() => takeFreeRunFolder(at('runs/faces-seed'))));
    expect(taken.map(({ path }) => path).sort()).toEqual(
      ['', '-2', '-3'].map((end) => at(`runs/faces-seed${end}`)),
    );
    for (const one of taken) await one.undo();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(at('whole', `.last.safetensors.${pid}.0a1b2c3d.tmp`), 'half');
    await writeFile(
      at('whole', lockName),
      JSON.stringify({ pid, host: hostname(), born: null, since: 'before' }),
    );
    await resume('whole', undefined, { report: false });
    expect((await readdir(at('whole'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
