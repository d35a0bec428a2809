// Options by which other programs follow a training.

import type { FollowOptions } from '../track/follow.js';
import { flagOption, type Invocation, type OptionSpec, textOption } from './command.js';

const tensorboardFlags = '--tensorboard';
const mlflowFlags = '--mlflow <url>';

export const followOptions: readonly OptionSpec[] = [
  {
    flags: tensorboardFlags,
    description: 'write an event file for TensorBoard into the run folder: measures, settings, pictures',
  },
  {
    flags: mlflowFlags,
    description: 'send settings and measures, no images, to the MLflow tracking server at this address',
    defaultText: 'nothing is sent',
  },
];

export const followChoice = (invocation: Invocation): FollowOptions => ({
  tensorboard: flagOption(invocation, tensorboardFlags),
  mlflow: textOption(invocation, mlflowFlags),
});
