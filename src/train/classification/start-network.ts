// An imported network is described in its model file alone, so training that starts from one takes the network from there,
// whatever the preset says of networks.

import type { z } from 'zod';
import { inputProblem } from '../../engine/compile/network.js';
import { ShapeError } from '../../engine/tensor/type.js';
import { FerlabError } from '../../errors.js';
import { createNetwork } from '../../models/create.js';
import type { ImportedModel } from '../../models/imported.js';
import type { ModelMetadata } from '../../predict/metadata.js';
import { readModelMetadata } from '../../predict/model-file.js';
import type { TrainConfigOverrides } from '../config/config.js';
import { importedModel } from '../config/sections/imported.js';
import { readReferencedModel } from './model-reference.js';

/** Settings for a training that starts from the model file that they name: with its network, where that was imported. */
export async function withNetworkOfStart(overrides: TrainConfigOverrides): Promise<TrainConfigOverrides> {
  const { startFrom, model, data, augment } = overrides;
  if (typeof startFrom !== 'string' || startFrom === '') return overrides;
  const { path, bytes } = await readReferencedModel(startFrom);
  const network = importedNetworkOf(readModelMetadata(bytes, path), path);
  if (network === null) return overrides;
  if (model !== undefined) {
    throw new FerlabError(
      'usage',
      `${startFrom}: expected no settings of a network beside an imported one, which has its own; got ${Object.keys(model).join(', ')}. Leave them out.`,
    );
  }
  return {
    ...overrides,
    model: network,
    data: { ...data, imageSize: data?.imageSize ?? network.size },
    // A preset's crop would be another size than the network's.
    augment: network.anySize ? augment : { ...augment, crop: augment?.crop ?? null },
  };
}

/** The description in the file, checked; null where the network is one of ours. */
function importedNetworkOf(metadata: ModelMetadata, file: string): z.output<typeof importedModel> | null {
  const found = metadata.training.model;
  if (typeof found !== 'object' || found === null || !('name' in found) || found.name !== 'imported')
    return null;
  const parsed = importedModel.safeParse(found);
  const problem = parsed.success
    ? networkProblem(parsed.data, metadata.classes.length)
    : `${parsed.error.issues[0]?.path.join('.')} is none of one`;
  if (parsed.success && problem === null) return parsed.data;
  throw new FerlabError(
    'model',
    `${file}: expected the description of an imported network in it; ${problem}. Import its original once more (ferlab import).`,
  );
}

function networkProblem(model: ImportedModel, classes: number): string | null {
  try {
    return inputProblem(createNetwork(model, model.size, classes));
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}
