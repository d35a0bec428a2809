// Where settings of the service come from, and how they become one: the command line, variables, a file, a program.

import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { shorten, show } from '../check-options.js';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import {
  dashed,
  defaultSettings,
  isLoopback,
  type ServiceSettings,
  type SettingName,
  settingNames,
  settingsSchema,
  settingText,
} from './settings.js';

const isName = (name: string): name is SettingName => Object.hasOwn(settingsSchema.shape, name);

/** The variable of a setting: `FERLAB_SERVE_MAX_FILES` is `maxFiles`. */
const variableOf = (name: string) => `FERLAB_SERVE_${dashed(name, '_').toUpperCase()}`;

/** Values of one source, and how messages name each of them. */
interface Source {
  values: Readonly<Record<string, unknown>>;
  where(name: string): string;
}

/** What a text of the command line or of a variable stands for; one that can't be read stays for the check to refuse. */
function readText(name: string, text: string): unknown {
  if (!isName(name)) return text;
  const fallback = defaultSettings[name];
  if (Array.isArray(fallback)) return text.split(',').map((part) => part.trim());
  if (typeof fallback === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  const isNumber = typeof fallback === 'number' || name === 'workers';
  return isNumber && /^\d{1,15}$/.test(text.trim()) ? Number(text) : text;
}

/** Options of the command line, by name; their texts are read here. */
export function fromCommandLine(
  given: Readonly<Partial<Record<SettingName, string | boolean | readonly string[]>>>,
): Source {
  const values = Object.entries(given).map(([name, value]) => [
    name,
    typeof value === 'string' ? readText(name, value) : value,
  ]);
  const where = (name: string) => `--${name === 'auth' ? 'no-' : ''}${dashed(name, '-')}`;
  return { values: Object.fromEntries(values), where };
}

/** Variables that begin with FERLAB_SERVE_. One that names no setting is refused with the rest. */
export function fromEnvironment(environment: Readonly<NodeJS.ProcessEnv>): Source {
  const known = new Map(settingNames.map((name) => [variableOf(name), name as string]));
  const found = Object.entries(environment).filter(([variable]) => variable.startsWith('FERLAB_SERVE_'));
  const values = found.map(([variable, text = '']) => {
    const name = known.get(variable) ?? variable;
    return [name, readText(name, text)];
  });
  return {
    values: Object.fromEntries(values),
    where: (name) => (isName(name) ? variableOf(name) : name),
  };
}

/** A JSON file of settings. @throws FerlabError `io` where it can't be read, `usage` where it isn't a JSON object. */
export async function fromFile(path: string): Promise<Source> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new FerlabError(
      'io',
      `${shorten(path)}: expected a file of settings, found ${foundInstead(error)}. Give the path of a JSON file.`,
      { cause: error },
    );
  }
  let values: unknown;
  try {
    values = JSON.parse(text.replace(/^\ufeff/, '')); // Windows' editors write a mark first
  } catch {
    values = undefined;
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new FerlabError(
      'usage',
      `${shorten(path)}: expected settings as a JSON object, such as { "port": 8080 }; found something else.`,
    );
  }
  return { values: values as Record<string, unknown>, where: (name) => `${shorten(path)}: ${name}` };
}

/** Options of `createService`. */
export const fromProgram = (values: Readonly<Record<string, unknown>>): Source => ({
  values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)),
  where: (name) => `createService: ${name}`,
});

/**
 * Settings of several sources; the first that has one decides.
 *
 * @throws FerlabError `usage` for settings that are unknown, out of range or contradict each other; `io` where the file of
 *   the token can't be read.
 */
export async function resolveSettings(sources: readonly Source[]): Promise<ServiceSettings> {
  const merged: Record<string, unknown> = { ...defaultSettings };
  const origin = new Map<string, string>();
  for (const { values, where } of [...sources].reverse()) {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(merged, name, { value, enumerable: true, configurable: true, writable: true });
      origin.set(name, where(name));
    }
  }
  const result = settingsSchema.safeParse(merged);
  if (!result.success) throw refusal(result.error.issues[0]!, merged, origin);
  const settings = await withToken(result.data as ServiceSettings, origin);
  checkReach(settings);
  return settings;
}

function refusal(
  issue: z.core.$ZodIssue,
  merged: Readonly<Record<string, unknown>>,
  origin: ReadonlyMap<string, string>,
): FerlabError {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (unknown !== undefined) {
    return new FerlabError(
      'usage',
      `${origin.get(unknown)}: expected a setting among ${settingNames.join(', ')}; got ${show(unknown)}.`,
    );
  }
  const name = String(issue.path[0]) as SettingName;
  const found = name === 'token' ? 'another one' : show(merged[name]);
  return new FerlabError(
    'usage',
    `${origin.get(name) ?? name}: expected ${settingText(name).expected}, got ${found}.`,
  );
}

async function withToken(
  settings: ServiceSettings,
  origin: ReadonlyMap<string, string>,
): Promise<ServiceSettings> {
  const { tokenFile, token } = settings;
  if (tokenFile === null || token !== null) return settings;
  let text: string;
  try {
    text = (await readFile(tokenFile, 'utf8')).trim();
  } catch (error) {
    throw new FerlabError(
      'io',
      `${origin.get('tokenFile')}: expected a file that holds the token, found ${foundInstead(error)}.`,
      { cause: error },
    );
  }
  if (!settingsSchema.shape.token.safeParse(text).success || /\s/.test(text)) {
    throw new FerlabError(
      'usage',
      `${origin.get('tokenFile')}: expected a token of 16 to 4096 characters without spaces in the file, found another ` +
        'text. Make one with: openssl rand -hex 32',
    );
  }
  return { ...settings, token: text };
}

function checkReach({ host, token, auth }: ServiceSettings): void {
  if (isLoopback(host) || token !== null || !auth) return;
  throw new FerlabError(
    'usage',
    `host ${show(host)}: expected a token for an address that other machines reach, got none. Give --token-file FILE or the ` +
      'variable FERLAB_SERVE_TOKEN; or --no-auth, if everybody who reaches the address may use the service.',
  );
}
