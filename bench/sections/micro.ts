// Each hot operator of the training step, forward and backward, beside what the machine can do; and the decoder for small
// JPEGs beside sharp.

import { availableParallelism } from 'node:os';
import { openSession } from '../../dist/engine/runtime/session.js';
import { allocate, type HostTensor } from '../../dist/engine/tensor/array.js';
import { Random } from '../../dist/random/random.js';
import type { Contest, Contestant, Metric, Sample } from '../contest.js';
import { matrixProduct, memoryPasses } from '../ferlab/machine-rates.js';
import { adamOperator, type MeasuredOperator, networkOperators, type Piece } from '../ferlab/operators.js';
import { median } from '../statistics.js';
import { decodingContest } from './decoding.js';

/** How long a piece is run again and again in a round. */
const secondsPerPiece = 0.4;
const fewestRuns = 3;

type Results = Readonly<Record<string, HostTensor>>;

function drawInputs(names: readonly string[], { types }: Piece, known: Results): Record<string, HostTensor> {
  const random = new Random(1, 'bench-operator');
  return Object.fromEntries(
    names.map((name) => {
      const tensor = known[name] ?? allocate(types[name]!);
      if (!(name in known) && tensor.data instanceof Float32Array) {
        for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = random.uniform(-1, 1);
      }
      return [name, tensor];
    }),
  );
}

/** Median milliseconds of a piece, and what it gave. `known` are inputs that must not be random: chosen indices. */
async function timePiece(
  piece: Piece,
  known: Results,
  quick: boolean,
): Promise<{ ms: number; results: Results }> {
  const session = await openSession(piece.model, { threads: availableParallelism() });
  try {
    const feeds = drawInputs(session.inputs, piece, known);
    const into = Object.fromEntries(session.outputs.map((name) => [name, allocate(piece.types[name]!)]));
    await session.run(feeds, into);
    const times: number[] = [];
    const deadline = performance.now() + (quick ? 0 : 1000 * secondsPerPiece);
    while (times.length < (quick ? 1 : fewestRuns) || performance.now() < deadline) {
      const start = performance.now();
      await session.run(feeds, into);
      times.push(performance.now() - start);
    }
    return { ms: median(times), results: into };
  } finally {
    await session.close();
  }
}

/** GFLOP/s or GB/s. */
function rateOf(bound: MeasuredOperator['bound'], { flops, bytes }: Piece, ms: number): number {
  return (bound === 'arithmetic' ? flops : bytes) / ms / 1e6;
}

function contestant(operator: MeasuredOperator, quick: boolean): Contestant {
  const { name, times, bound, forward, backward } = operator;
  return {
    name: times === 1 ? name : `${name}, one of ${times}`,
    versions: async () => ({}),
    async round(): Promise<Sample> {
      const ahead = await timePiece(forward, {}, quick);
      const sample = { forward: ahead.ms, forwardRate: rateOf(bound, forward, ahead.ms) };
      if (backward === null) return sample;
      const back = await timePiece(backward, ahead.results, quick);
      return { ...sample, backward: back.ms, backwardRate: rateOf(bound, backward, back.ms) };
    },
  };
}

function contestOf(
  bound: MeasuredOperator['bound'],
  title: string,
  note: string,
  label: string,
  operators: readonly MeasuredOperator[],
  quick: boolean,
): Contest {
  const unit = bound === 'arithmetic' ? 'GFLOP/s' : 'GB/s';
  const metrics: Metric[] = [
    { key: 'forward', label: 'forward', unit: 'ms', better: 'lower' },
    { key: 'forwardRate', label: 'forward', unit, better: 'higher' },
    { key: 'backward', label: 'backward', unit: 'ms', better: 'lower' },
    { key: 'backwardRate', label: 'backward', unit, better: 'higher' },
  ];
  const contestants = operators
    .filter((operator) => operator.bound === bound)
    .map((operator) => contestant(operator, quick));
  return {
    id: `micro-${bound}`,
    title,
    notes: [note],
    metrics,
    comparison: {
      against: contestants[0]!.name,
      label,
      sense: 'rowIsBetter',
      format: 'percent',
      metrics: ['forwardRate', 'backwardRate'],
      againstMetric: 'forwardRate',
    },
    contestants,
  };
}

export interface MicroSettings {
  readonly quick: boolean;
  /** This machine's, as for a training step. */
  readonly channelBlock: number | null;
}

export function microContests({ quick, channelBlock }: MicroSettings): Contest[] {
  const batch = quick ? 2 : 64;
  const largestActivation = batch * 64 * 48 * 48;
  const operators = [
    matrixProduct(quick ? 128 : 2048),
    ...memoryPasses(largestActivation),
    ...networkOperators(batch, batch * 65_536, channelBlock),
    adamOperator(),
  ];
  const cut = `Operators of the seed network's training step at batch ${batch}, as the engine's passes leave them, each run by itself.`;
  return [
    contestOf(
      'arithmetic',
      'Matrix products and convolutions',
      `${cut} A backward convolution or product is the gradients that the step takes: by its input, by its kernel, or both. The limit is the large matrix product in the first row, by the same runtime.`,
      'of the product',
      operators,
      quick,
    ),
    contestOf(
      'memory',
      'Passes over memory',
      `${cut} Bytes count every input read once and every output written once, so an operator that needs several passes shows a low rate. The limit is the addition in the first row, over a tensor as large as the largest activation; smaller tensors may lie in a cache and beat it.`,
      'of the addition',
      operators,
      quick,
    ),
    decodingContest(quick),
  ];
}
