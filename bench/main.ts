// Runs the benchmarks that were asked for, section by section, and writes the report after each.

import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { findLayout } from '../dist/data/dataset/layout.js';
import { channelBlock } from '../dist/engine/runtime/channel-block.js';
import { exitCodes, FerlabError } from '../dist/errors.js';
import { describeMachine } from '../dist/machine/describe-machine.js';
import { programVersion } from '../dist/version.js';
import { type Contest, type ContestResult, runContest } from './contest.js';
import { findGpu, type Gpu } from './gpu.js';
import { generatedImages, type ImageFolders } from './images.js';
import { type BenchOptions, isWanted, parseOptions, usage } from './options.js';
import { vectorInstructions } from './processor.js';
import type { SectionName, SectionReport } from './report.js';
import { readReport, writeReport } from './report-files.js';
import { accuracyContests } from './sections/accuracy.js';
import { facesContests } from './sections/faces.js';
import { gpuContests } from './sections/gpu.js';
import { inferContests } from './sections/infer.js';
import { microContests } from './sections/micro.js';
import { createPeers, type Peers } from './sections/peers.js';
import { scalingContests } from './sections/scaling.js';
import { serveContests } from './sections/serve.js';
import { trainContests } from './sections/train.js';

const defaultRounds = 5;
const trainingImages = 2048;
/** A GPU is quick: an epoch has to last longer than a round's steps. */
const gpuTrainingImages = 8192;
/** Sections whose contestants can be chosen. */
const againstPeers: readonly SectionName[] = ['train', 'gpu', 'accuracy', 'infer', 'faces', 'serve'];

/** @param folder where the user stands. @returns the exit code. */
export async function main(argv: readonly string[], folder: string): Promise<number> {
  try {
    const options = parseOptions(argv, folder);
    if (options === null) console.log(usage);
    else await run(options);
    return 0;
  } catch (error) {
    if (!(error instanceof FerlabError)) throw error;
    console.error(`Error: ${error.message}`);
    return exitCodes[error.kind];
  }
}

const log = (message: string): void => console.error(message);

async function run(options: BenchOptions): Promise<void> {
  const peers = createPeers(!options.quick);
  const folders = await imagesOf(options);
  const busy = loadavg()[0]!;
  if (busy > 0.3 * availableParallelism()) {
    log(`Warning: expected an idle machine, found a load of ${busy.toFixed(1)}. Figures will be too low.`);
  }
  let file = '';
  for (const name of options.sections) {
    const section = await runSection(name, options, folders, peers);
    const report = await readReport(options.out);
    file = await writeReport(options.out, { ...report, sections: { ...report.sections, [name]: section } });
  }
  console.log(`Written: ${file} and ${file.replace(/\.md$/, '.json')}`);
}

async function imagesOf({ data, quick }: BenchOptions): Promise<ImageFolders> {
  if (data === null) return generatedImages(quick ? 128 : trainingImages);
  const layout = await findLayout(data);
  const [train, validation] = layout.kind === 'splits' ? layout.names : [];
  if (layout.kind !== 'splits' || train === undefined || validation === undefined) {
    throw new FerlabError(
      'data',
      `--data ${data}: expected a folder with train/ and validation/, which the peers can read too; found another layout.`,
    );
  }
  return { train: path.join(layout.root, train), validation: path.join(layout.root, validation) };
}

async function contestsOf(
  name: SectionName,
  { quick, data }: BenchOptions,
  folders: ImageFolders,
  peers: Peers,
  gpu: Gpu | null,
): Promise<Contest[]> {
  switch (name) {
    case 'train':
      return trainContests({ quick, batches: quick ? [8] : [64, 128], folders }, peers);
    case 'gpu': {
      const generated = data === null && !quick;
      return gpuContests(
        { quick, gpu, folders: async () => (generated ? await generatedImages(gpuTrainingImages) : folders) },
        peers,
      );
    }
    case 'accuracy':
      return accuracyContests({ quick }, peers);
    case 'infer':
      return inferContests({ quick, folders }, peers);
    case 'faces':
      return facesContests({ quick }, peers);
    case 'serve':
      return serveContests({ quick, folders }, peers);
    case 'micro':
      return microContests({ quick, channelBlock: await channelBlock('cpu') });
    case 'scaling':
      return scalingContests({ quick });
  }
}

async function runSection(
  name: SectionName,
  options: BenchOptions,
  folders: ImageFolders,
  peers: Peers,
): Promise<SectionReport> {
  const start = performance.now();
  const rounds = options.rounds ?? (options.quick ? 1 : defaultRounds);
  const gpu = name === 'gpu' ? await findGpu() : null;
  const instructions = vectorInstructions();
  const before = { date: new Date().toISOString(), load: loadavg()[0]! };
  const contests: ContestResult[] = [];
  for (const contest of await contestsOf(name, options, folders, peers, gpu)) {
    const contestants = contest.contestants.filter(
      (contestant) => !againstPeers.includes(name) || isWanted(options, contestant.name),
    );
    if (contestants.length === 0) continue;
    contests.push(await runContest({ ...contest, contestants }, rounds, log));
  }
  return {
    ...before,
    version: programVersion,
    machine: describeMachine(gpu === null ? 'cpu' : 'cpu, webgpu and cuda'),
    ...(instructions === null ? {} : { instructions }),
    ...(gpu === null ? {} : { gpu: gpu.name }),
    rounds,
    quick: options.quick,
    seconds: Math.round((performance.now() - start) / 1000),
    contests,
  };
}
