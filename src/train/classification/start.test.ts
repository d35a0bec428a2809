import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initializeWeights, type Network } from '../../engine/compile/network.js';
import { modelNames } from '../../models/architectures.js';
import { classifier, createNetwork } from '../../models/create.js';
import type { ModelMetadata } from '../../predict/metadata.js';
import { describeNote } from '../../predict/notes.js';
import { loadModel } from '../../predict-files/load-model.js';
import { resolveTrainConfig } from '../config/config.js';
import { noExtraSources } from './extra-sources.js';
import { encodeModel } from './model-file.js';
import { describeFresh, openStart, startingWeights, startNotes } from './start.js';

const size = { width: 48, height: 48 };
const networkOf = (name: (typeof modelNames)[number], classes: number): Network =>
  createNetwork(resolveTrainConfig(name, { data: { path: '.' } }).model, size, classes);

/** What a file of this network would hold. */
function stored(network: Network, seed: number, classes: readonly string[]) {
  const { parameters, state } = initializeWeights(network, seed);
  const named = (kind: string, tensors: typeof parameters) =>
    Object.entries(tensors).map(([path, tensor]) => [`${kind}/${path}`, tensor] as const);
  return {
    tensors: Object.fromEntries([...named('parameters', parameters), ...named('state', state)]),
    metadata: { classes } as ModelMetadata,
  };
}

const names = ['a', 'b', 'c'];
const network = networkOf('tiny', 3);

describe('startingWeights', () => {
  it('are random without a file', () => {
    const { weights, ...fresh } = startingWeights(network, 5, null, names);
    expect(weights.parameters['stem/conv/kernel']).toEqual(
      initializeWeights(network, 5).parameters['stem/conv/kernel'],
    );
    expect(fresh).toEqual({ unfit: [], absent: [] });
  });

  it("are the file's where all fits", () => {
    const file = stored(network, 9, names);
    const { weights, ...fresh } = startingWeights(network, 5, file, names);
    for (const kind of ['parameters', 'state'] as const) {
      for (const [path, tensor] of Object.entries(weights[kind])) {
        expect(tensor, path).toBe(file.tensors[`${kind}/${path}`]);
      }
    }
    expect(fresh).toEqual({ unfit: [], absent: [] });
  });

  it('begin at random in the last layer where the classes are others, be they as many or not', () => {
    for (const others of [
      ['x', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ]) {
      const file = stored(networkOf('tiny', others.length), 9, others);
      const { weights, ...fresh } = startingWeights(network, 5, file, names);
      expect(fresh).toEqual({ unfit: ['logits/kernel', 'logits/bias'], absent: [] });
      expect(weights.parameters['logits/kernel']).toEqual(
        initializeWeights(network, 5).parameters['logits/kernel'],
      );
      expect(weights.parameters['stem/conv/kernel']).toBe(file.tensors['parameters/stem/conv/kernel']);
      expect(weights.state['stem/norm/mean']).toBe(file.tensors['state/stem/norm/mean']);
    }
    expect(describeFresh('x.onnx', { unfit: ['logits/kernel'], absent: [] })).toEqual([
      "Not taken over from x.onnx, since they don't fit: logits/kernel.",
    ]);
  });

  it('begin at random in blocks that the file lacks', () => {
    const { model } = resolveTrainConfig('tiny', { data: { path: '.' }, model: { extraBlocks: 1 } });
    const deeper = createNetwork(model, size, 3);
    const file = stored(network, 9, names);
    const { weights, ...fresh } = startingWeights(deeper, 5, file, names);
    expect(weights.parameters['block4/residual/body/conv1/kernel']).toBe(
      file.tensors['parameters/block4/residual/body/conv1/kernel'],
    );
    expect(fresh.unfit).toEqual([]);
    expect(describeFresh('x.onnx', fresh)).toEqual([
      'Not in x.onnx, so that they begin anew: block1extra1, block2extra1, block3extra1, block4extra1.',
    ]);
  });

  it.each(modelNames)('%s knows the classes in its last layer alone', (name) => {
    const shapes = (classes: number) => {
      const { layer, inputShape } = networkOf(name, classes);
      return Object.entries(layer.describe(inputShape).parameters).map(
        ([path, { shape }]) => `${path} ${shape}`,
      );
    };
    const four = new Set(shapes(4));
    const changed = shapes(3).filter((line) => !four.has(line));
    expect(changed.map((line) => line.split(' ')[0])).toEqual([`${classifier}/kernel`, `${classifier}/bias`]);
  });
});

describe('openStart', () => {
  it('takes the model that comes with ferlab, whose weights are those of its network', async () => {
    const boxed = await loadModel();
    const { training, notes = [] } = boxed.metadata;
    const { model, augment } = training as ReturnType<typeof resolveTrainConfig>;
    await boxed.close();
    const start = await openStart('box', model);
    const its = createNetwork(model, boxed.inputSize, boxed.classes.length, augment.crop);
    expect(startingWeights(its, 1, start, boxed.classes)).toMatchObject({ unfit: [], absent: [] });
    expect(startNotes(start, { fingerprint: 'other', count: 1 }).map(describeNote)).toEqual([
      expect.stringMatching(
        /^Started from the weights of the model that comes with ferlab \(.*\), trained on other/,
      ),
      ...notes.map((note) => expect.stringMatching(/^Of /) && expect.stringContaining(note.text)),
    ]);
  });

  it('refuses files that are none, or hold another network', async () => {
    await expect(openStart('nowhere.onnx', { name: 'tiny', extraBlocks: 0 })).rejects.toThrow(
      /nowhere\.onnx: expected a model file \(\.onnx\), found no such file/,
    );
    const boxed = await loadModel();
    await boxed.close();
    const other =
      (boxed.metadata.training as { model: { name: string } }).model.name === 'large' ? 'tiny' : 'large';
    await expect(openStart('box', { name: other, extraBlocks: 0 })).rejects.toThrow(
      /expected the weights of the network (large|tiny), found those of/,
    );
  });

  it('refuses a file with more extra blocks than the network has', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ferlab-start-'));
    try {
      const config = resolveTrainConfig('tiny', { data: { path: '.' }, model: { extraBlocks: 2 } });
      const deeper = createNetwork(config.model, size, 3);
      const file = join(folder, 'deeper.onnx');
      const origin = { config, classes: names, counts: {}, fingerprints: {}, extra: noExtraSources };
      await writeFile(file, encodeModel(deeper, initializeWeights(deeper, 1), {}, origin));
      expect((await openStart(file, { name: 'tiny', extraBlocks: 3 })).file).toBe(file);
      await expect(openStart(file, { name: 'tiny', extraBlocks: 1 })).rejects.toThrow(
        /deeper\.onnx: expected at most 1 extra blocks in each stage, found 2\. .* --extra-blocks/,
      );
      await expect(openStart(file, { name: 'tiny', extraBlocks: 0 })).rejects.toThrow(
        /expected at most 0 extra blocks/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
