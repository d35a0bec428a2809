// The options of `ferlab train` that set its configuration, made from the settings' own declarations (src/train/config).

import { FerlabError } from '../errors.js';
import {
  resolveTrainConfig,
  settingAt,
  type TrainConfig,
  type TrainConfigOverrides,
} from '../train/config/config.js';
import type { PresetName } from '../train/config/presets.js';
import { listSettings, type Setting } from '../train/config/settings.js';
import { longFlag, type OptionSpec, optionKey } from './command.js';
import { readValue, showForm, showValue } from './option-values.js';

/** One option; a switch with two sides is two. */
interface TrainOption {
  setting: Setting;
  flags: string;
  description: string;
}

const trainOptions: readonly TrainOption[] = listSettings().flatMap((setting) => {
  const { flags, description, opposite } = setting.option;
  const first = { setting, flags, description };
  return opposite === undefined
    ? [first]
    : [first, { setting, flags: opposite[0], description: opposite[1] }];
});

/** Every setting that an option sets, by its path. */
export const settableSettings: ReadonlySet<string> = new Set(trainOptions.map(({ setting }) => setting.path));

/** What happens without an option; undefined where the flag alone says it. */
function defaultOf({ setting, flags }: TrainOption, config: TrainConfig): string | undefined {
  if (setting.option.defaultText !== undefined) return setting.option.defaultText;
  const value = settingAt(config, setting.path) ?? setting.defaultValue;
  if (setting.form === 'flag') return value === flags.startsWith('--no-') ? undefined : showValue(value);
  return showForm(setting.form, value);
}

/** The options for the help, with the defaults that `preset` gives. */
export function describedTrainOptions(preset: PresetName): OptionSpec[] {
  const config = resolveTrainConfig(preset, { data: { path: '.' } });
  return trainOptions.map((option) => {
    const { flags, description, setting } = option;
    const defaultText = defaultOf(option, config);
    return {
      flags,
      description,
      group: `${setting.heading}:`,
      ...(defaultText === undefined ? {} : { defaultText }),
    };
  });
}

/** What a setting is called in errors: its path, and the option where there is one. */
export function settingName(path: string): string {
  const found = trainOptions.find(
    ({ setting }) => path === setting.path || path.startsWith(`${setting.path}.`),
  );
  return found ? `${path} (${longFlag(found.flags)})` : path;
}

/** Puts a value at a dotted path, unless the section there was turned off. */
function put(overrides: Record<string, unknown>, { setting, flags }: TrainOption, value: unknown): void {
  const keys = setting.path.split('.');
  const last = keys.pop() as string;
  let section = overrides;
  for (const [i, key] of keys.entries()) {
    if (setting.option.offSection && value === null && i === keys.length - 1) {
      section[key] = null;
      return;
    }
    if (section[key] === null) {
      const owner = trainOptions.find(
        (option) => option.setting.option.offSection && option.setting.path.startsWith(`${keys.join('.')}.`),
      );
      const off = owner === undefined ? keys.join('.') : longFlag(owner.flags);
      throw new FerlabError(
        'usage',
        `${longFlag(flags)}: expected ${off} with a value, got ${off} off. Leave one out.`,
      );
    }
    section[key] ??= {};
    section = section[key] as Record<string, unknown>;
  }
  section[last] = value;
}

/** The settings that the given options make. @throws FerlabError `usage` where an option's text can't be read. */
export function trainOverrides(
  options: Readonly<Record<string, string | boolean | undefined>>,
): TrainConfigOverrides {
  const overrides: Record<string, unknown> = {};
  for (const option of trainOptions) {
    const text = options[optionKey(option.flags)];
    if (text === undefined) continue;
    const { form, nullable, option: declared } = option.setting;
    const off = text === 'off' && (nullable || declared.offSection === true);
    put(overrides, option, off ? null : readValue(form, text, longFlag(option.flags)));
  }
  return overrides as TrainConfigOverrides;
}
