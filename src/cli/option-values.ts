// How an option's text becomes a value, and how values are shown in the help. What can't be read is left as it is, for
// the checks of the configuration to refuse with the rest.

import { FerlabError } from '../errors.js';

export function readNumber(text: string | boolean): unknown {
  const trimmed = String(text).trim();
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

export const orOff = (read: (text: string | boolean) => unknown) => (text: string | boolean) =>
  text === 'off' ? null : read(text);
export const readList = (text: string | boolean) => String(text).split(',').map(readNumber);
export const readTexts = (text: string | boolean) =>
  String(text)
    .split(',')
    .map((part) => part.trim());
export const asIs = (text: string | boolean) => text;
export const showValue = (value: unknown) =>
  value === null || value === false ? 'off' : value === true ? 'on' : String(value);

export function readSize(text: string | boolean): unknown {
  const [, width, height] = /^(\d+)(?:x(\d+))?$/.exec(String(text).trim()) ?? [];
  if (width === undefined) {
    throw new FerlabError(
      'usage',
      `--image-size: expected a side or WIDTHxHEIGHT in pixels, as 48 or 48x64, got ${JSON.stringify(text)}`,
    );
  }
  return { width: Number(width), height: Number(height ?? width) };
}

const byteUnits: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

export function readBytes(text: string | boolean): unknown {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(String(text).trim()) ?? [];
  const scale = byteUnits[unit?.toLowerCase() ?? '?'];
  return digits === undefined || scale === undefined ? text : Math.round(Number(digits) * scale);
}

export function showBytes(bytes: number): string {
  const unit = (['T', 'G', 'M', 'k'] as const).find((name) => bytes >= (byteUnits[name.toLowerCase()] ?? 1));
  return unit ? `${Number((bytes / (byteUnits[unit.toLowerCase()] ?? 1)).toFixed(2))}${unit}iB` : `${bytes}`;
}

export function readDropout(text: string | boolean): unknown {
  const [conv, dense = conv] = readList(text);
  return { conv, dense };
}
