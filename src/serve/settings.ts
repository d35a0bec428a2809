// The service's settings: one schema for the library's options, the command line, the environment and a file.

import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { type DeviceChoice, deviceChoices } from '../engine/runtime/device.js';

/** What a setting says of itself in messages and in the help. */
interface SettingText {
  expected: string;
  description: string;
  /** The value on the command line; none for a switch. */
  form?: string;
  /** The default in words, where it isn't a plain value. */
  defaultText?: string;
}

function describe<T extends z.ZodType>(schema: T, text: SettingText): T {
  return schema.meta({ ...text }) as T;
}

function whole(
  lowest: number,
  highest: number,
  description: string,
  text: Partial<SettingText> = {},
): z.ZodNumber {
  return describe(z.number().int().min(lowest).max(highest), {
    expected: `a whole number from ${lowest} to ${highest}`,
    description,
    form: '<n>',
    ...text,
  });
}

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

const fields = {
  model: describe(z.array(z.string().min(1)).min(1).max(32), {
    expected: 'a list of 1 to 32 model files',
    description:
      'an .onnx file to serve, or box, the model that comes with ferlab; NAME=FILE gives it a name; may be repeated, the first is the default',
    form: '<file>',
    defaultText: 'box',
  }),
  detector: describe(z.string().min(1).nullable(), {
    expected: 'the path of a face detector, or mtcnn',
    description:
      'what finds faces: an ONNX file in the form of YuNet, a folder with the three files of an MTCNN, or mtcnn for the one that comes with ferlab',
    form: '<file>',
    defaultText: 'the one that comes with ferlab',
  }),
  host: describe(z.string().min(1).max(255), {
    expected: 'the name or address of a network interface of this machine',
    description: 'address to listen on; any but a loopback address demands a token, or --no-auth',
    form: '<address>',
  }),
  port: whole(0, 65_535, 'port to listen on; 0 takes a free one'),
  workers: describe(z.number().int().min(1).max(256).nullable(), {
    expected: 'a whole number from 1 to 256',
    description: 'processes that recognise, each with the models and one thread',
    form: '<n>',
    defaultText: 'one per core, at most 8; on a GPU one',
  }),
  device: describe(z.enum(deviceChoices), {
    expected: `one of ${deviceChoices.join(', ')}`,
    description: `where the engine runs: ${deviceChoices.join(', ')}`,
    form: '<name>',
  }),
  batch: whole(1, 256, 'faces that a free worker takes at a time'),
  queue: whole(1, 100_000, 'faces that may wait; more are refused with 503'),
  timeout: whole(1, 3600, 'seconds after which a request is given up'),
  drain: whole(0, 3600, 'seconds that a stopping service takes to answer what it accepted'),
  maxMegabytes: whole(1, 1024, 'largest request, in MiB'),
  maxFiles: whole(1, 1000, 'most images in one request'),
  maxMegapixels: whole(1, 1000, 'largest image, in million pixels'),
  tokenFile: describe(z.string().min(1).nullable(), {
    expected: 'the path of a file that holds the token',
    description:
      'file with the bearer token that clients have to send; the variable FERLAB_SERVE_TOKEN holds one too',
    form: '<file>',
    defaultText: 'none',
  }),
  auth: describe(z.boolean(), {
    expected: 'true or false',
    description: 'answer without a token on an address that others reach',
  }),
  logLevel: describe(z.enum(logLevels), {
    expected: `one of ${logLevels.join(', ')}`,
    description: `least important lines of the log: ${logLevels.join(', ')}`,
    form: '<name>',
  }),
};

export const settingsSchema = z.strictObject({
  ...fields,
  /** Of the library and the environment alone: a command line is seen by every user of the machine. */
  token: describe(z.string().min(16).max(4096).nullable(), {
    expected: 'a token of 16 or more characters',
    description: 'the bearer token that clients have to send',
  }),
});

/** Every setting of the service, checked. */
export interface ServiceSettings {
  /** Model files, `box` for the model that comes with ferlab, or `NAME=FILE`. The first answers where a request names none. */
  model: string[];
  /** What finds faces: an ONNX file in YuNet's form, or `mtcnn`. Null: the one that comes with ferlab. */
  detector: string | null;
  host: string;
  port: number;
  /** Null: one per core, at most 8; one on a GPU. */
  workers: number | null;
  device: DeviceChoice;
  /** Faces that a free worker takes at a time. */
  batch: number;
  /** Faces that may wait. */
  queue: number;
  /** Seconds after which a request is given up. */
  timeout: number;
  /** Seconds that closing takes at most to answer what was accepted. */
  drain: number;
  /** Largest request in MiB, images in a request, and largest image in million pixels. */
  maxMegabytes: number;
  maxFiles: number;
  maxMegapixels: number;
  /** Demanded of clients, 16 or more characters. */
  token: string | null;
  /** A file that holds the token. */
  tokenFile: string | null;
  /** Whether an address that others reach demands a token. */
  auth: boolean;
  logLevel: (typeof logLevels)[number];
}

export const defaultSettings: Readonly<ServiceSettings> = {
  model: ['box'],
  detector: null,
  host: '127.0.0.1',
  port: 8080,
  workers: null,
  device: 'cpu',
  batch: 16,
  queue: 256,
  timeout: 10,
  drain: 10,
  maxMegabytes: 20,
  maxFiles: 16,
  maxMegapixels: 50,
  token: null,
  tokenFile: null,
  auth: true,
  logLevel: 'info',
};

export type SettingName = keyof ServiceSettings;
export const settingNames = Object.keys(settingsSchema.shape) as SettingName[];
export const settingText = (name: SettingName): SettingText =>
  settingsSchema.shape[name].meta() as unknown as SettingText;

/** A name in small letters: `maxFiles` with `-` is `max-files`. */
export const dashed = (name: string, by: string) =>
  name.replaceAll(/[A-Z]/g, (letter) => `${by}${letter.toLowerCase()}`);

/** A setting as an option of the command line. */
export interface SettingOption {
  name: SettingName;
  flags: string;
  description: string;
  defaultText?: string;
  repeatable?: true;
}

/** Settings as options of the command line, in the order of the help. */
export const settingOptions: readonly SettingOption[] = (Object.keys(fields) as SettingName[]).map((name) => {
  const { form, description, defaultText } = settingText(name);
  const value = defaultSettings[name];
  const flag = `--${form === undefined ? 'no-' : ''}${dashed(name, '-')}`;
  return {
    name,
    flags: form === undefined ? flag : `${flag} ${form}`,
    description,
    ...(form === undefined ? {} : { defaultText: defaultText ?? String(value) }),
    ...(name === 'model' ? { repeatable: true as const } : {}),
  };
});

/** Whether an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** Worker processes: as set, or one per core on the CPU and one on a GPU. */
export function workerCount({ workers, device }: Pick<ServiceSettings, 'workers' | 'device'>): number {
  if (workers !== null) return workers;
  return device === 'cpu' ? Math.max(1, Math.min(8, availableParallelism())) : 1;
}
