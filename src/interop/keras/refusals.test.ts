// What can't be taken of a Keras file, and damaged ones: a message that names what and why, in bounded time.

import { readFileSync } from 'node:fs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FerlabError } from '../../errors.js';
import { Random } from '../../random/random.js';
import { kerasNetwork } from '../import-keras.js';
import { parseScaling } from '../scaling.js';
import { isObject } from './config.js';
import { readKerasFile } from './read-file.js';

const golden = unzipSync(readFileSync(new URL('../../../test/golden/keras/files.zip', import.meta.url)));

type Layer = { class_name: string; config: Record<string, unknown>; name?: string };
type Config = { class_name: string; config: { layers: Layer[] } & Record<string, unknown> };

/** A golden file with its description changed. */
function changed(name: string, change: (config: Config) => void): Uint8Array {
  const entries = unzipSync(golden[name]!);
  const config = JSON.parse(strFromU8(entries['config.json']!)) as Config;
  change(config);
  return zipSync({ ...entries, 'config.json': strToU8(JSON.stringify(config)) }, { level: 0 });
}

const importing = async (bytes: Uint8Array, scale = '1/255') => {
  const file = await readKerasFile(bytes, 'x.keras');
  return kerasNetwork(file, parseScaling({ scale }), undefined);
};

const layerOf = (config: Config, className: string): Layer =>
  config.config.layers.find(({ class_name: name }) => name === className)!;

describe('what is refused', () => {
  it.each<[string, (config: Config) => void, RegExp]>([
    [
      'a Lambda layer',
      (config) => {
        layerOf(config, 'Dropout').class_name = 'Lambda';
      },
      /x\.keras \(written by Keras 3\.15\.1\): its layer dropout is a Lambda: code of its own, which isn't run\. Build/,
    ],
    [
      "a layer of one's own",
      (config) => {
        layerOf(config, 'Dropout').class_name = 'Custom>Attention';
      },
      /its layer dropout is a Custom>Attention: code of its own/,
    ],
    [
      'a layer that nobody knows',
      (config) => {
        layerOf(config, 'Dropout').class_name = 'LSTM';
      },
      /its layer dropout is of the class LSTM, which ferlab doesn't know/,
    ],
    [
      'channels first',
      (config) => {
        layerOf(config, 'Conv2D').config.data_format = 'channels_first';
      },
      /its layer conv2d \(Conv2D\) keeps its channels first/,
    ],
    [
      'weights of other shapes',
      (config) => {
        layerOf(config, 'Dense').config.units = 13;
      },
      /its layer dense needs a kernel of \[\d+, 13\]; the file has \[\d+, 12\]/,
    ],
    [
      'a missing bias',
      (config) => {
        layerOf(config, 'BatchNormalization').config.center = false;
      },
      /its layer batch_normalization \(BatchNormalization\) needs 3 weights \(gamma, moving_mean, moving_variance\); the file has 4/,
    ],
    [
      'another end than a softmax',
      (config) => {
        config.config.layers.at(-1)!.config.activation = 'sigmoid';
      },
      /expected a softmax at its end, found sigmoid/,
    ],
    [
      'an activation that nobody knows',
      (config) => {
        layerOf(config, 'Dense').config.activation = 'sine';
      },
      /has the activation "sine", which ferlab doesn't compute/,
    ],
    [
      'a subclassed model',
      (config) => {
        config.class_name = 'MyNetwork';
      },
      /expected a Sequential or functional model, found one of the class MyNetwork/,
    ],
    [
      'an enormous padding',
      (config) => {
        const layer = layerOf(config, 'Dropout');
        layer.class_name = 'ZeroPadding2D';
        layer.config = { name: 'pad', padding: [4096, 4096] };
      },
      /its layer pad can't be computed: it would give/,
    ],
  ])('%s', async (_what, change, message) => {
    const refused = await importing(changed('simple_cnn.keras', change)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(FerlabError);
    expect((refused as Error).message).toMatch(message);
  });

  it('a scaling that is missing, or given twice', async () => {
    const silent = await readKerasFile(golden['simple_cnn.keras']!, 'a.keras');
    expect(() => kerasNetwork(silent, null, undefined)).toThrow(/Add one of --scale 1 .*--check DATASET/);
    const telling = await readKerasFile(golden['vgg_like.keras']!, 'b.keras');
    expect(() => kerasNetwork(telling, parseScaling({ scale: '1/255' }), undefined)).toThrow(
      /scales its pixels itself/,
    );
  });

  it('a layer that reads itself', async () => {
    const bytes = changed('mini_xception.keras', (config) => {
      const json = JSON.stringify(config).replaceAll(
        '"keras_history":["input_layer",0,0]',
        '"keras_history":["add",0,0]',
      );
      Object.assign(config, JSON.parse(json));
    });
    await expect(importing(bytes)).rejects.toThrow(/reads its own output/);
  });

  it('weights alone', async () => {
    const { 'model.weights.h5': weights } = unzipSync(golden['simple_cnn.keras']!);
    await expect(importing(weights!)).rejects.toThrow(/found weights alone \(save_weights\)/);
  });
});

describe('damaged files', () => {
  const refused = async (bytes: Uint8Array): Promise<string> => {
    const error = await importing(bytes).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FerlabError);
    return (error as Error).message;
  };

  it('nothing, texts, a zip of something else', async () => {
    for (const bytes of [
      new Uint8Array(0),
      strToU8('PK\x03\x04'),
      strToU8('model'),
      zipSync({ a: strToU8('b') }),
    ])
      expect(await refused(bytes)).toMatch(/^x\.keras: expected a whole model as Keras saves it/);
  });

  it('a zip that grows beyond all measure', async () => {
    const bomb = zipSync({
      'config.json': new Uint8Array(60 * 2 ** 20),
      'model.weights.h5': new Uint8Array(10),
    });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await refused(bomb)).toMatch(
      /its config\.json would take 62914560 bytes, more than a file of its size/,
    );
  });

  it('cut off anywhere', async () => {
    for (const name of ['simple_cnn.h5', 'simple_cnn.keras'])
      for (const share of [0.1, 0.5, 0.9, 0.99]) {
        const bytes = golden[name]!;
        await refused(bytes.subarray(0, Math.floor(bytes.length * share)));
      }
  });

  it('changed at random: read with other numbers, or refused', async () => {
    const count = Number(process.env.FERLAB_MUTATED_FILES ?? 16);
    const names = ['simple_cnn.h5', 'standardised.h5', 'standardised.keras', 'nested.v2.keras'];
    for (let i = 0; i < count; i++) {
      const random = new Random(7, 'mutate', String(i));
      const bytes = golden[names[i % names.length]!]!.slice();
      const changes = 1 + random.integer(20);
      // Most of a file's structure is at its beginning.
      const reach = i % 2 === 0 ? bytes.length : Math.min(bytes.length, 4096);
      for (let change = 0; change < changes; change++) bytes[random.integer(reach)] = random.integer(256);
      const result = await importing(bytes).catch((error: unknown) => error);
      if (result instanceof Error) expect(result, String(result.stack)).toBeInstanceOf(FerlabError);
      else expect(isObject(result)).toBe(true);
    }
  }, 120_000);
});
