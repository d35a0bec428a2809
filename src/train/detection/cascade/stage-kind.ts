// A stage of the cascade as a kind of run: trained by the shared loop in a folder of its own, with its threshold chosen at
// the end and stored in its model file.

import { z } from 'zod';
import { deviceChoices } from '../../../engine/runtime/device.js';
import { FerlabError } from '../../../errors.js';
import type { TrainHooks } from '../../loop/events.js';
import type { Place } from '../../loop/task.js';
import type { ConfigFormat } from '../../run/stored-run.js';
import type { RunKind } from '../../run/train-run.js';
import { encodeStage } from './model-file.js';
import { type StageCrops, stageMeasures, stageTask } from './stage-task.js';
import { type StageConfig, stageConfig, stageNames } from './stages.js';

/** What a stage's run trains on, and what its end needs. */
export interface StageData extends StageCrops {
  /** Chooses the threshold of the stage's model and stores it in the file. */
  finish(bytes: Uint8Array, place: Place, hooks: TrainHooks): Promise<Uint8Array>;
  close(): Promise<void>;
}

const storedSchema = z.looseObject({
  stage: z.enum(stageNames),
  minFace: z.number(),
  batchSize: z.number().int(),
  mostBatches: z.number().int(),
  train: z.looseObject({
    epochs: z.number().int(),
    seed: z.number().int(),
    threads: z.number().int(),
    device: z.enum(deviceChoices),
  }),
});

export const stageFormat: ConfigFormat<StageConfig> = {
  task: 'detect-stage',
  parse(value, file) {
    const parsed = storedSchema.safeParse(value);
    if (!parsed.success) {
      throw new FerlabError(
        'model',
        `${file}: expected the configuration of a stage of a cascade, found something else. Start the training anew.`,
      );
    }
    const { stage, minFace, train } = parsed.data;
    const { epochs, seed, threads, device } = train;
    return {
      ...stageConfig(stage, { epochs, effort: 1, seed, threads, device, minFace }),
      ...(value as StageConfig),
    };
  },
  withPaths: (config) => config,
};

export const stageRuns: RunKind<StageConfig, StageData> = {
  format: stageFormat,
  measures: stageMeasures,
  problem: () => null,
  openData() {
    throw new Error('The data of a stage is made by the cascade that it is part of.');
  },
  fingerprints: ({ training, validation }) => ({
    train: training.fingerprint,
    validation: validation.fingerprint,
  }),
  describeFingerprint: (name) => ({
    what: `crops of the ${name === 'train' ? 'training' : 'validation'} photographs`,
    found: 'others',
    remedy: 'the photographs and their labels',
  }),
  createTask: (config, data) => ({
    ...stageTask(config, data),
    encodeModel: (weights, metrics) => encodeStage(config, weights, metrics),
    async finishModel(bytes, _file, place, _wanted, hooks) {
      return { bytes: await data.finish(bytes, place, hooks), writeReport: null };
    },
  }),
};
