// What a user's program does: loads the library by the package's public entry, and a model, reads one image, predicts, prints.
// Arguments: the model's file and an image's.

import { loadModel, predictFiles } from 'ferlab';

const [modelFile = '', imageFile = ''] = process.argv.slice(2);
const model = await loadModel(modelFile);
for await (const prediction of predictFiles(model, [imageFile])) console.log(JSON.stringify(prediction));
await model.close();
