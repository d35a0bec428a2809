// The list of all settings, read from the schema: where each stands, and which option of the command line sets it.

import { z } from 'zod';
import { trainConfigSchema } from './schema.js';
import { headings, options, type SettingOption, type ValueForm } from './setting.js';

export type { ValueForm } from './setting.js';

/** A setting that the command line can set. */
export interface Setting {
  /** Keys joined by dots: `train.epochs`. */
  path: string;
  /** Of the section. */
  heading: string;
  option: SettingOption;
  form: ValueForm;
  /** Whether `off` means null, for the setting itself. */
  nullable: boolean;
  /** Its default within its section. */
  defaultValue: unknown;
}

/** A schema without default and null around it. */
function core(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable)
    return core(schema.unwrap() as z.ZodType);
  return schema;
}

function isNullable(schema: z.ZodType): boolean {
  if (schema instanceof z.ZodNullable) return true;
  return (
    (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) &&
    isNullable(schema.unwrap() as z.ZodType)
  );
}

function headingOf(schema: z.ZodType): string | undefined {
  const found = headings.get(schema)?.heading;
  if (found !== undefined) return found;
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable;
  return wrapped ? headingOf(schema.unwrap() as z.ZodType) : undefined;
}

function formOf(schema: z.ZodType): ValueForm {
  const inner = core(schema);
  if (inner instanceof z.ZodBoolean) return 'flag';
  if (inner instanceof z.ZodNumber) return 'number';
  if (inner instanceof z.ZodArray) return inner.element instanceof z.ZodString ? 'texts' : 'numbers';
  return 'text';
}

function walk(schema: z.ZodType, path: string, heading: string, found: Map<string, Setting>): void {
  const option = options.get(schema);
  const own = headingOf(schema) ?? heading;
  if (option !== undefined && !found.has(path)) {
    const { success, data } = schema.safeParse(undefined);
    found.set(path, {
      path,
      heading: own,
      option,
      form: option.form ?? formOf(schema),
      nullable: isNullable(schema),
      defaultValue: success ? data : null,
    });
    return;
  }
  const inner = core(schema);
  const parts = inner instanceof z.ZodDiscriminatedUnion ? inner.options : [inner];
  for (const part of parts) {
    if (!(part instanceof z.ZodObject)) continue;
    for (const [key, value] of Object.entries(part.shape))
      walk(value as z.ZodType, path ? `${path}.${key}` : key, own, found);
  }
}

/** Every setting with an option, in the order of the help. */
export function listSettings(): Setting[] {
  const found = new Map<string, Setting>();
  walk(trainConfigSchema, '', '', found);
  const order = [...new Set([...found.values()].map(({ heading }) => heading))];
  return [...found.values()].sort((a, b) => order.indexOf(a.heading) - order.indexOf(b.heading));
}

/** Names of the variants of the section at `path` that have the setting `key`: `optimizer`, `momentum` gives `sgd`. */
export function ownersOf(path: readonly PropertyKey[], key: string): string[] {
  let schema: z.ZodType = trainConfigSchema;
  for (const part of path) {
    const inner = core(schema);
    if (!(inner instanceof z.ZodObject)) return [];
    const next: unknown = inner.shape[String(part)];
    if (!(next instanceof z.ZodType)) return [];
    schema = next;
  }
  const union = core(schema);
  if (!(union instanceof z.ZodDiscriminatedUnion)) return [];
  return union.options.flatMap((option) => {
    if (!(option instanceof z.ZodObject) || !(key in option.shape)) return [];
    const name: unknown = option.shape.name;
    return name instanceof z.ZodLiteral ? [String(name.value)] : [];
  });
}
