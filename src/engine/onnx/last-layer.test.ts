import { describe, expect, it } from 'vitest';
import { compileForward } from '../compile/forward.js';
import { initializeWeights, type Network } from '../compile/network.js';
import { sequential } from '../nn/compose.js';
import type { Layer } from '../nn/layer.js';
import { conv2d, dense, flatten, globalAveragePooling2d, relu, sigmoid } from '../nn/layers.js';
import { openSession } from '../runtime/session.js';
import { floatTensor } from '../tensor/array.js';
import { serializeModel, storeAsFloat16 } from './edit.js';
import { rewriteForInterchange } from './interchange.js';
import { continueFrom, cutAt, findLastLayer } from './last-layer.js';
import type { ModelProto } from './model.js';

const networkOf = (layers: Record<string, Layer>, inputShape = [1, 4, 4]): Network => ({
  layer: sequential(layers),
  inputShape,
  preprocessing: { scale: 1, offset: 0 },
});

function modelOf(layers: Record<string, Layer>): ModelProto {
  const network = networkOf(layers);
  const stored = initializeWeights(network, 1);
  return compileForward(network, 'webgpu', { stored }).toModel({ name: 'test', version: '' });
}

const pooled = { conv: conv2d({ filters: 3, kernelSize: 3 }), relu: relu(), pool: globalAveragePooling2d() };
const logits = dense({ units: 2 });
const pixels = floatTensor(
  [2, 1, 4, 4],
  Float32Array.from({ length: 32 }, (_, i) => (i % 7) / 7),
);

describe('findLastLayer', () => {
  it('finds the maps under a mean, in both of its forms, with half precision too', () => {
    const model = modelOf({ ...pooled, logits });
    const maps = findLastLayer(model).maps;
    expect(maps).not.toBeNull();
    rewriteForInterchange(model);
    storeAsFloat16(model, 1);
    expect(findLastLayer(model).maps).toBe(maps);
  });

  it('finds no maps where the features are no mean', () => {
    expect(findLastLayer(modelOf({ flatten: flatten(), logits })).maps).toBeNull();
  });

  it('refuses a graph that ends in something else', () => {
    expect(() => findLastLayer(modelOf({ ...pooled, logits, sigmoid: sigmoid() }))).toThrow(
      /expected logits that a dense layer with a stored matrix makes, found Sigmoid/,
    );
  });
});

describe('continueFrom', () => {
  it('gives what another layer makes of the features, again and again', async () => {
    let model = modelOf({ ...pooled, logits });
    for (const units of [3, 4]) {
      const { features } = findLastLayer(model);
      const before = await openSession(serializeModel(cutAt(model, features, ['size'])));
      const values = (await before.run({ pixels }))[features]!.data;
      await before.close();
      const size = values.length / 2;
      const head = networkOf({ logits: dense({ units }) }, [size]);
      const stored = initializeWeights(head, units);
      model = continueFrom(
        model,
        features,
        compileForward(head, 'webgpu', { stored }).toModel({ name: '', version: '' }),
      );
      const whole = await openSession(serializeModel(model));
      const found = (await whole.run({ pixels })).logits!.data;
      await whole.close();
      const kernel = stored.parameters['logits/kernel']!.data;
      for (let i = 0; i < 2 * units; i++) {
        const [row, k] = [Math.floor(i / units), i % units];
        let sum = 0;
        for (let j = 0; j < size; j++) sum += Number(values[row * size + j]) * Number(kernel[j * units + k]);
        expect(Number(found[i])).toBeCloseTo(sum, 5);
      }
    }
  });
});
