// Inference: one image and batches of 64, from file to probabilities and the network alone; and a cold start.

import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cache, ferlabScript, root } from '../checkout.js';
import type { Contest, Contestant, Metric, Sample } from '../contest.js';
import { coldStarts, imageFiles } from '../ferlab/cold-starts.js';
import { writeSeedModel } from '../ferlab/seed-model.js';
import type { ImageFolders } from '../images.js';
import { makePackedProject } from '../packed.js';
import { runForJson } from '../process.js';
import { median } from '../statistics.js';
import { absent, bareVersions, ferlabVersions, type Peers } from './peers.js';

interface Timing {
  readonly medianMs: number;
  readonly imagesPerSecond: number;
}

/** What ferlab's round and the peers' scripts print. */
interface InferenceOutput {
  readonly fileOne: Timing;
  readonly fileBatch: Timing;
  readonly networkOne: Timing;
  readonly networkBatch: Timing;
  readonly coldStart: Timing;
  readonly peakMemoryMegabytes: number;
}

export interface InferSettings {
  readonly quick: boolean;
  readonly folders: ImageFolders;
}

const batch = 64;

const metrics: readonly Metric[] = [
  { key: 'fileOne', label: 'one file', unit: 'ms', better: 'lower' },
  { key: 'fileBatch', label: `${batch} files`, unit: 'images/s', better: 'higher' },
  { key: 'networkOne', label: 'network, one image', unit: 'ms', better: 'lower' },
  { key: 'networkBatch', label: `network, batch ${batch}`, unit: 'images/s', better: 'higher' },
  { key: 'coldStart', label: 'cold start', unit: 'ms', better: 'lower' },
  { key: 'memory', label: 'peak memory', unit: 'MB', better: 'lower' },
];

function sampleOf(output: InferenceOutput): Sample {
  return {
    fileOne: output.fileOne.medianMs,
    fileBatch: output.fileBatch.imagesPerSecond,
    networkOne: output.networkOne.medianMs,
    networkBatch: output.networkBatch.imagesPerSecond,
    coldStart: output.coldStart.medianMs,
    memory: output.peakMemoryMegabytes,
  };
}

const packed = path.join(cache, 'packed');

/** Makes a project that has the packed package, with a copy of the rounds: there they import it as a user's program does. */
async function makeProject(): Promise<void> {
  rmSync(packed, { recursive: true, force: true });
  await makePackedProject(packed);
  // Without a package.json of its own, `ferlab` would be the checkout around it.
  writeFileSync(path.join(packed, 'package.json'), '{ "type": "module" }\n');
  cpSync(path.join(root, 'dist-bench'), path.join(packed, 'rounds'), { recursive: true });
}

/** A row of targets.ts. */
const bareName = 'bare onnxruntime-node and sharp';

export async function inferContests({ quick, folders }: InferSettings, peers: Peers): Promise<Contest[]> {
  const model = path.join(cache, 'seed.onnx');
  await writeSeedModel(model);
  const coldRounds = quick ? 1 : 3;
  const args = (rounds: number): string[] => [
    ...['--batch', String(batch), '--rounds', String(quick ? 2 : rounds)],
    ...['--cold-rounds', String(coldRounds), '--data', folders.validation],
  ];
  const contestants: Contestant[] = [
    {
      name: 'ferlab',
      async versions() {
        await makeProject();
        return ferlabVersions();
      },
      async round() {
        const script = path.join(packed, 'rounds', 'ferlab', 'infer-round.js');
        return sampleOf(await runForJson(process.execPath, [script, '--model', model, ...args(30)]));
      },
    },
    {
      name: bareName,
      versions: bareVersions,
      async round() {
        const [image] = imageFiles(folders.validation, 1);
        const times = await coldStarts(ferlabScript('bare-start'), model, image!, coldRounds);
        return { coldStart: median(times) };
      },
    },
    {
      name: 'Keras',
      versions: () => peers.keras.versions(),
      async round() {
        return sampleOf(await peers.keras.run('keras_infer.py', args(30)));
      },
    },
    {
      name: 'PyTorch fp32',
      versions: () => peers.torch.versions(),
      async round() {
        return sampleOf(await peers.torch.run('torch_infer.py', args(30)));
      },
    },
    {
      name: 'TensorFlow.js wasm',
      versions: () => peers.tfjs.versions(),
      async round() {
        return sampleOf(await peers.tfjs.run('tfjs-infer.js', args(5)));
      },
    },
    absent(
      'TensorFlow.js cpu',
      'its other backend in Node, plain JavaScript, takes seconds for one image; wasm is measured',
    ),
  ];
  return [
    {
      id: 'infer',
      title: 'The seed network, from images to probabilities',
      notes: [
        `*Files*: reading, decoding, scaling and the network, as a user's program calls it: ferlab's \`predictFiles\`, Keras's \`load_img\` and \`predict\`, Pillow and PyTorch in \`inference_mode\`, sharp and TensorFlow.js. *Network*: from an array in memory. *Cold start*: from starting a process, through loading the libraries and a model file, to the first probabilities on standard output. ferlab is installed as its packed package; *${bareName}* is a script that opens the same file with these libraries alone.`,
      ],
      metrics,
      comparison: {
        against: 'ferlab',
        label: 'ferlab is better by',
        sense: 'againstIsBetter',
        format: 'times',
        metrics: ['fileOne', 'fileBatch', 'networkOne', 'networkBatch', 'coldStart'],
      },
      contestants,
    },
  ];
}
