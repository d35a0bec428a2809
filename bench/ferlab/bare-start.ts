// What answers soonest: a script that opens the model with ONNX Runtime and decodes the image with sharp, and nothing else.
// Arguments: the model's file and an image's.

import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const [modelFile = '', imageFile = ''] = process.argv.slice(2);
const session = await InferenceSession.create(modelFile);
const [input] = session.inputMetadata;
if (input?.isTensor !== true) throw new Error('expected an input of pixels');
const [height, width] = input.shape.slice(2).map(Number) as [number, number];
const pixels = await sharp(imageFile).grayscale().resize(width, height, { fit: 'fill' }).raw().toBuffer();
const feeds = { pixels: new Tensor('float32', Float32Array.from(pixels), [1, 1, height, width]) };
const { probabilities } = await session.run(feeds, ['probabilities']);
console.log(JSON.stringify([...(probabilities!.data as Float32Array)]));
await session.release();
