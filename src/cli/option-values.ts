// How the text of an option becomes a value, and how values are shown in the help. A text that can't be read stays as it
// is, for the checks of the configuration to refuse with the rest.

import { FerlabError } from '../errors.js';
import type { ValueForm } from '../train/config/settings.js';

function readNumber(text: string): unknown {
  const trimmed = text.trim();
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : text;
}

function readNumbers(text: string): unknown[] {
  return text.split(',').map(readNumber);
}

function readSize(text: string, flag: string): unknown {
  const [, width, height] = /^(\d+)(?:x(\d+))?$/.exec(text.trim()) ?? [];
  if (width === undefined) {
    throw new FerlabError(
      'usage',
      `${flag}: expected a side or WIDTHxHEIGHT in pixels, as 48 or 48x64, got ${JSON.stringify(text)}`,
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

/**
 * Reads an option's text.
 * @param flag the option, for messages.
 * @throws FerlabError `usage` for a size that is none.
 */
export function readValue(form: ValueForm, text: string | boolean, flag: string): unknown {
  if (typeof text === 'boolean') return text;
  switch (form) {
    case 'number':
      return readNumber(text);
    case 'numbers':
      return readNumbers(text);
    case 'texts':
      return text.split(',').map((part) => part.trim());
    case 'size':
      return readSize(text, flag);
    case 'rates': {
      const [conv, dense = conv] = readNumbers(text);
      return { conv, dense };
    }
    case 'bytes':
      return readBytes(text);
    case 'text':
    case 'flag':
      return text;
  }
}

export const showValue = (value: unknown) =>
  value === null || value === false ? 'off' : value === true ? 'on' : String(value);

/** A value as its option spells it. */
export function showForm(form: ValueForm, value: unknown): string {
  if (form === 'bytes') return showBytes(value as number);
  if (form === 'size') {
    const { width, height } = value as { width: number; height: number };
    return `${width}x${height}`;
  }
  if (form === 'rates') {
    const { conv, dense } = value as { conv: number; dense: number };
    return conv === dense ? `${conv}` : `${conv},${dense}`;
  }
  return showValue(value);
}
