// Makes the configuration of a training run: the defaults of the schema, what a preset changes, and what was asked for.
// Portable: it looks at no file and no machine.

import type { z } from 'zod';
import { FerlabError } from '../../errors.js';
import { fromEarlierForm, isEarlierForm } from './earlier-form.js';
import { type Asked, type PresetName, presets } from './presets.js';
import { brokenRules, type ConfigIssue } from './rules.js';
import { type TrainConfig, type TrainConfigOverrides, trainConfigSchema } from './schema.js';
import { ownersOf } from './settings.js';

export { type ConfigIssue, seenSize } from './rules.js';
export type { TrainConfig, TrainConfigOverrides } from './schema.js';

type Section = Record<string, unknown>;

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}

/** The value of the setting at a dotted path; undefined where the configuration has no such section. */
export const settingAt = (config: unknown, path: string): unknown => valueAt(config, path.split('.'));

/**
 * `base` with the settings of `over`. Where another network, optimizer or schedule is named, nothing of the section stays:
 * a rate that suits one optimizer is wrong for another.
 */
function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (!isSection(base) || !isSection(over)) return over;
  if (over.name !== undefined && over.name !== base.name) return over;
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) merged[key] = merge(base[key], value);
  return merged;
}

/** Paths of every setting that `value` gives, not of sections. */
export function settingPaths(value: unknown, prefix = ''): string[] {
  if (value === undefined) return [];
  if (!isSection(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) =>
    settingPaths(inner, prefix ? `${prefix}.${key}` : key),
  );
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}

/** A key that the section doesn't have: another network's, optimizer's or schedule's, or no setting at all. */
function describeUnknown(path: readonly PropertyKey[], key: string, input: unknown): ConfigIssue {
  const whole = [...path, key].join('.');
  const owners = ownersOf(path, key);
  if (owners.length === 0) return { path: '', message: `unknown setting ${whole}` };
  const found = valueAt(input, [...path, 'name']);
  return {
    path: whole,
    message: `expected ${path.join('.')} ${owners.join(' or ')}, which alone ${owners.length === 1 ? 'has' : 'have'} this setting; got ${String(found)}`,
  };
}

/** A setting of the same section that was given; the reason why one that is missing is expected. */
function siblingOf(path: string, given: ReadonlySet<string>): string | undefined {
  const section = path.slice(0, path.lastIndexOf('.') + 1);
  return [...given].find((other) => section !== '' && other.startsWith(section));
}

function describe(issue: z.core.$ZodIssue, input: unknown, given: ReadonlySet<string>): ConfigIssue[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => describeUnknown(issue.path, key, input));
  const path = issue.path.join('.');
  const value = valueAt(input, issue.path);
  const neededBy = value === undefined ? siblingOf(path, given) : undefined;
  return [
    {
      path,
      message: `expected ${issue.message}, got ${show(value)}`,
      ...(neededBy === undefined ? {} : { neededBy }),
    },
  ];
}

/** Checks a whole configuration. Returns it with defaults filled in, or every problem found. */
export function checkTrainConfig(
  input: unknown,
  given: ReadonlySet<string> = new Set(),
): { config: TrainConfig; issues: [] } | { config: null; issues: ConfigIssue[] } {
  const parsed = trainConfigSchema.safeParse(input);
  if (!parsed.success)
    return { config: null, issues: parsed.error.issues.flatMap((issue) => describe(issue, input, given)) };
  const issues = brokenRules(parsed.data, given);
  return issues.length > 0 ? { config: null, issues } : { config: parsed.data, issues: [] };
}

function refusal(issues: readonly ConfigIssue[], nameOf: (path: string) => string): string {
  return issues
    .map(({ path, message, neededBy }) => {
      const why = neededBy === undefined ? '' : `, which ${nameOf(neededBy)} needs`;
      return path ? `${nameOf(path)}: ${message}${why}` : message;
    })
    .join('\n');
}

/** What a preset goes by, read from overrides that aren't checked yet: what is no number counts as not asked for. */
function askedIn({ train, data, augment, startFrom, distillation }: TrainConfigOverrides): Asked {
  const epochs: unknown = train?.epochs;
  const sideOf = (side: unknown): number => (Number.isInteger(side) ? (side as number) : 48);
  return {
    epochs: typeof epochs === 'number' && epochs > 0 ? epochs : undefined,
    imageSize: { width: sideOf(data?.imageSize?.width), height: sideOf(data?.imageSize?.height) },
    crop: typeof augment?.crop === 'number' || augment?.crop === null ? augment.crop : undefined,
    startsTrained: typeof startFrom === 'string',
    taught: isSection(distillation),
  };
}

/**
 * The configuration of a run: the defaults, the preset's differences, then `overrides`.
 * @param nameOf the name of a setting in error messages; by default its path (`train.epochs`).
 * @throws FerlabError `usage`, naming every setting that is unknown, out of range or contradictory.
 */
export function resolveTrainConfig(
  preset: string,
  overrides: TrainConfigOverrides,
  nameOf: (path: string) => string = (path) => path,
): TrainConfig {
  if (!Object.hasOwn(presets, preset)) {
    throw new FerlabError(
      'usage',
      `preset: expected one of ${Object.keys(presets).join(', ')}, got ${show(preset)}`,
    );
  }
  if (!isSection(overrides))
    throw new FerlabError('usage', `settings: expected an object with settings, got ${show(overrides)}`);
  const settings = presets[preset as PresetName].settings(askedIn(overrides));
  const base = merge(trainConfigSchema.parse({}), settings);
  const { config, issues } = checkTrainConfig(
    { ...(merge(base, overrides) as Section), preset },
    new Set(settingPaths(overrides)),
  );
  if (!config) throw new FerlabError('usage', refusal(issues, nameOf));
  return config;
}

/**
 * Reads back a stored configuration, also one of the form before this one.
 * @param source the file it came from, for the error message.
 * @throws FerlabError `model` where it isn't a configuration that this version can continue.
 */
export function parseTrainConfig(value: unknown, source: string): TrainConfig {
  const { config, issues } = checkTrainConfig(isEarlierForm(value) ? fromEarlierForm(value) : value);
  if (config) return config;
  throw new FerlabError(
    'model',
    `${source}: expected the training configuration of a run of this version:\n${refusal(issues, (path) => path)}\n` +
      'Go on with the version that began the run, or start anew; its model files work with this version too, also for --start-from.',
  );
}

/** Refuses what a program gives for a whole configuration. @throws FerlabError `usage`, naming every setting that is wrong. */
export function requireTrainConfig(value: unknown, where: string): asserts value is TrainConfig {
  const { config, issues } = checkTrainConfig(value);
  if (!config) throw new FerlabError('usage', `${where}: ${refusal(issues, (path) => path)}`);
}
