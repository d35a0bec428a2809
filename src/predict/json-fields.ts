// Reads values that JSON holds, checking what they are: enough for a model's metadata, and loaded in a moment.

/** What is wrong with a value, and where: the names on the way to it, joined by dots. */
export class FieldError extends Error {
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(`${path}: ${problem}`);
  }
}

/** Gives the value as what it was checked to be. Throws FieldError. */
export type Reader<T> = (value: unknown, path: string) => T;

/** Where `accepts` is true; `expected` says in words what it takes. */
export function where<T>(expected: string, accepts: (value: unknown) => boolean): Reader<T> {
  return (value, path) => {
    if (!accepts(value)) throw new FieldError(path, `expected ${expected}, found ${kindOf(value)}`);
    return value as T;
  };
}

export const text = where<string>('a text', (value) => typeof value === 'string');
/** JSON writes 1e999, too, which is no finite number. */
export const number = where<number>('a number', Number.isFinite);
export const anything: Reader<unknown> = (value) => value;

export function wholeNumber(lowest: number, highest: number): Reader<number> {
  return where(
    `a whole number from ${lowest} to ${highest}`,
    (value) => Number.isSafeInteger(value) && Number(value) >= lowest && Number(value) <= highest,
  );
}

export function numberWithin(lowest: number, highest: number): Reader<number> {
  return where(
    `a number from ${lowest} to ${highest}`,
    (value) => typeof value === 'number' && value >= lowest && value <= highest,
  );
}

export function exactly<const T extends string | number>(wanted: T): Reader<T> {
  return where(JSON.stringify(wanted), (value) => value === wanted);
}

export function list<T>(entry: Reader<T>, fewest = 0): Reader<T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < fewest) {
      const found = Array.isArray(value) ? `${value.length}` : kindOf(value);
      throw new FieldError(path, `expected a list of ${fewest} or more, found ${found}`);
    }
    return value.map((part, i) => entry(part, below(path, String(i))));
  };
}

/** An object of any names. */
export function record<T>(entry: Reader<T>): Reader<Record<string, T>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(objectAt(value, path)).map(([name, part]) => [name, entry(part, below(path, name))]),
    );
}

/** An object of these fields; others are left out. A field whose reader gives undefined is missing in the result. */
export function object<T extends object>(
  fields: { readonly [Name in keyof T]-?: Reader<T[Name]> },
): Reader<T> {
  return (value, path) => {
    const found = objectAt(value, path);
    const entries = Object.entries<Reader<unknown>>(fields).map(([name, read]) => [
      name,
      read(Object.hasOwn(found, name) ? found[name] : undefined, below(path, name)),
    ]);
    return Object.fromEntries(entries.filter(([, part]) => part !== undefined)) as T;
  };
}

export function optional<T>(read: Reader<T>): Reader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

function objectAt(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FieldError(path, `expected an object, found ${kindOf(value)}`);
  return value as Record<string, unknown>;
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function kindOf(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const written = JSON.stringify(value);
  return written.length <= 100 ? written : `${written.slice(0, 100)}...`;
}
