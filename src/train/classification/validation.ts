// Scores the weights of a training session on the validation images, without writing them anywhere.

import { sequentialBatches } from '../../data/store/batches.js';
import type { ImageStore } from '../../data/store/store.js';
import { compileForward } from '../../engine/compile/forward.js';
import type { Network } from '../../engine/compile/network.js';
import type { Device } from '../../engine/runtime/device.js';
import { openSession } from '../../engine/runtime/session.js';
import { tensorType } from '../../engine/tensor/type.js';
import { argmax } from '../../math/argmax.js';
import type { TrainHooks } from '../loop/events.js';
import type { Place, Validation } from '../loop/task.js';

/**
 * Images per call of the validation graph: large enough to be fast, small enough to take little memory. On CUDA every
 * call brings the weights there.
 */
const validationBatch = (device: Device): number => (device === 'cuda' ? 512 : 64);

/** Measures `valLoss`, the mean cross-entropy in nats, and `valAccuracy`, from 0 to 1. */
export async function openValidation(
  network: Network,
  classes: number,
  images: ImageStore,
  { device, channelBlock, threads }: Place,
  hooks: TrainHooks,
): Promise<Validation> {
  const model = compileForward(network, device, { channelBlock }).toBytes();
  const session = await openSession(model, { threads, device });
  return {
    async score(weights) {
      let [loss, correct, done] = [0, 0, 0];
      for await (const batch of sequentialBatches(images, validationBatch(device))) {
        const type = tensorType('float32', [batch.size, ...(network.imageShape ?? network.inputShape)]);
        const { probabilities } = await session.run({ ...weights, pixels: { type, data: batch.pixels } });
        const scores = probabilities!.data as Float32Array;
        for (let i = 0; i < batch.size; i++) {
          const row = scores.subarray(i * classes, (i + 1) * classes);
          const label = batch.labels[i]!;
          loss -= Math.log(Math.max(row[label]!, Number.MIN_VALUE));
          if (argmax(row) === label) correct++;
        }
        done += batch.size;
        batch.release();
        hooks.onProgress?.({ type: 'validate', done, total: images.count });
      }
      return { valLoss: loss / done, valAccuracy: correct / done };
    },
    close: () => session.close(),
  };
}
