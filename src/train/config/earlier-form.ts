// Reads the configurations of runs that were begun before networks, optimizers and schedules had settings of their own:
// one flat section each, with settings that did nothing for the chosen one. What such a run did and this version can't
// do is left in place, for the schema to refuse.

type Section = Record<string, unknown>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function pick(section: Section, keys: readonly string[]): Section {
  return Object.fromEntries(keys.filter((key) => key in section).map((key) => [key, section[key]]));
}

const modelKeys: Record<string, readonly string[]> = {
  seed: ['convFilters', 'kernelSize', 'denseUnits', 'dropout', 'batchNorm'],
  tiny: ['extraBlocks'],
  medium: ['extraBlocks'],
  large: ['extraBlocks'],
};
const moments = ['beta1', 'beta2', 'epsilon'];
const optimizerKeys: Record<string, readonly string[]> = {
  adam: moments,
  adamw: moments,
  sgd: ['momentum', 'nesterov'],
};

function chosen(
  section: Section,
  always: readonly string[],
  byName: Record<string, readonly string[]>,
): Section {
  return pick(section, ['name', ...always, ...(byName[String(section.name)] ?? [])]);
}

/** The settings of a network, stored in the earlier form or in today's, in today's form. */
export function networkOf(stored: unknown): Section {
  return isSection(stored) ? chosen(stored, [], modelKeys) : {};
}

function schedule(section: Section): Section {
  const { name, warmupEpochs, plateauFactor, plateauPatience, minimumLearningRate } = section;
  const common = { name, warmupEpochs };
  if (name === 'plateau')
    return { ...common, factor: plateauFactor, patience: plateauPatience, minimumLearningRate };
  return name === 'cosine' ? { ...common, minimumLearningRate } : common;
}

function train(section: Section, ema: unknown): Section {
  const { mixup, mixupOffEpochs, startSide, growShare, mode, ...rest } = section;
  const largerIsBetter = String(section.monitor).endsWith('accuracy');
  const usual = mode === undefined || mode === 'auto' || mode === (largerIsBetter ? 'max' : 'min');
  return {
    ...rest,
    ...(usual ? {} : { mode }),
    ema,
    mixup: mixup === null ? null : { alpha: mixup, offEpochs: mixupOffEpochs },
    growth: startSide === null ? null : { startSide, share: growShare },
  };
}

/** Whether a stored configuration has the earlier form. */
export function isEarlierForm(value: unknown): value is Section {
  return isSection(value) && isSection(value.start) && isSection(value.run);
}

/** The same configuration in today's form; what isn't a configuration comes out as something that the schema refuses. */
export function fromEarlierForm(config: Section): Section {
  const { start, run, ...rest } = config;
  const section = (name: string): Section => (isSection(config[name]) ? (config[name] as Section) : {});
  const [optimizer, softLabels, distillation] = ['optimizer', 'softLabels', 'distillation'].map(section) as [
    Section,
    Section,
    Section,
  ];
  const { fit, ...votes } = softLabels;
  const { views, ...teaching } = distillation;
  const teachers = Array.isArray(distillation.teachers) ? distillation.teachers : [];
  return {
    ...rest,
    model: networkOf(config.model),
    optimizer: chosen(optimizer, ['learningRate', 'weightDecay', 'clipNorm'], optimizerKeys),
    schedule: schedule(section('schedule')),
    train: train(section('train'), optimizer.ema ?? null),
    startFrom: (start as Section).from ?? null,
    softLabels: (votes.file ?? null) === null ? null : { ...votes, ...(fit ? { fit } : {}) },
    distillation: teachers.length === 0 ? null : { ...teaching, ...(views === 'image' ? {} : { views }) },
    out: (run as Section).out ?? null,
  };
}
