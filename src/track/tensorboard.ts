// Follows a training for TensorBoard: an event file in the run folder, with what history.csv holds, the configuration, and at
// the end the plots.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kerasMeasures } from '../scores/history.js';
import type { TrainEvent } from '../train/loop/events.js';
import { type EventFile, openEventFile } from './event-file.js';
import { readSettings } from './settings.js';

/** Pictures of a run folder, by their tags. */
const pictures = {
  'confusion matrix': 'confusion.png',
  'augmented images': 'augmented.png',
  mistakes: 'mistakes.png',
  calibration: 'calibration.png',
};

/** Listens to a training. The folder is known with its event `start`. */
export function followForTensorBoard(): (event: TrainEvent) => void {
  let file: EventFile | null = null;
  let last = 0;
  return (event) => {
    if (event.type === 'start') {
      file = openEventFile(event.runFolder);
      last = event.epoch - 1;
      const rows = Object.entries(readSettings(event.runFolder)).map(
        ([name, value]) => `| ${name} | ${value.replaceAll('|', '\\|')} |`,
      );
      if (event.epoch === 1)
        file.text(0, 'configuration', ['| setting | value |', '| --- | --- |', ...rows].join('\n'));
    } else if (event.type === 'epoch') {
      const { epoch, measures, learningRate, seconds, imagesPerSecond } = event.row;
      last = epoch;
      const named = Object.entries(kerasMeasures(measures)).map(([name, value]) => {
        const validation = name.startsWith('val_');
        return [`${validation ? name.slice(4) : name}/${validation ? 'validation' : 'training'}`, value];
      });
      file?.scalars(epoch, {
        ...Object.fromEntries(named),
        learning_rate: learningRate,
        'speed/seconds': seconds,
        'speed/images_per_second': imagesPerSecond,
      });
    } else if (event.type === 'done') {
      for (const [tag, name] of Object.entries(pictures)) {
        const picture = join(event.runFolder, name);
        if (existsSync(picture)) file?.image(last, tag, readFileSync(picture));
      }
    }
  };
}
