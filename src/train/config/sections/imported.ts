// The description of an imported network, as configurations and model files hold it. It comes with a model file
// (--start-from), never from options; what it means is told in src/models/imported.ts.

import { z } from 'zod';
import type { ActivationName } from '../../../engine/nn/described.js';
import type { ImportedModel } from '../../../models/imported.js';
import { section, text } from '../setting.js';

/** No image is larger, and so no kernel, window or margin. */
const largest = 4096;
const expected = 'a description of an imported network';
const size = () => z.int(expected).min(1, expected).max(largest, expected);
const count = () => z.int(expected).min(1, expected).max(1_000_000, expected);
const margin = () => z.int(expected).min(0, expected).max(largest, expected);
const axis = () => z.int(expected).min(0, expected).max(2, expected);
const number = () => z.number(expected);
const numbers = () => z.array(number(), expected).min(1, expected).max(4096, expected);
const pair = () => z.tuple([size(), size()], expected);
const padding = () => z.enum(['same', 'valid'], expected);
const of = () => z.enum(['max', 'average'], expected);
const flag = () => z.boolean(expected);
const rate = () => z.number(expected).min(0, expected).lt(1, expected);
const kind = <const T extends string>(name: T) => z.literal(name);

const layer = z.discriminatedUnion(
  'kind',
  [
    section({ kind: kind('scale'), scale: numbers(), offset: numbers() }),
    section({ kind: kind('standardize'), epsilon: number().min(0, expected) }),
    section({
      kind: kind('conv'),
      filters: count(),
      kernel: pair(),
      strides: pair(),
      dilation: pair(),
      padding: padding(),
      groups: count(),
      bias: flag(),
    }),
    section({ kind: kind('dense'), units: count(), bias: flag() }),
    section({ kind: kind('norm'), momentum: number(), epsilon: number().min(0, expected) }),
    section({
      kind: kind('activation'),
      // Names are looked up when the network is built: the list of them would bring the engine along.
      name: z.custom<ActivationName>((value) => typeof value === 'string', expected),
      alpha: number().optional(),
      slope: number().optional(),
      top: number().optional(),
    }),
    section({ kind: kind('prelu') }),
    section({ kind: kind('pool'), of: of(), size: pair(), strides: pair(), padding: padding() }),
    section({ kind: kind('globalPool'), of: of(), keep: flag() }),
    section({ kind: kind('dropout'), rate: rate(), channels: flag() }),
    section({ kind: kind('flatten'), lastChannel: flag() }),
    section({
      kind: kind('reshape'),
      target: z.array(z.int(expected), expected).min(1, expected).max(3, expected),
    }),
    section({ kind: kind('permute'), order: z.array(axis(), expected).length(3, expected) }),
    section({ kind: kind('pad'), sides: z.tuple([margin(), margin(), margin(), margin()], expected) }),
    section({ kind: kind('crop'), sides: z.tuple([margin(), margin(), margin(), margin()], expected) }),
    section({ kind: kind('enlarge'), factor: z.int(expected).min(1, expected).max(16, expected) }),
    section({ kind: kind('softmax') }),
    section({
      kind: kind('join'),
      how: z.enum(['add', 'subtract', 'multiply', 'divide', 'average', 'maximum', 'minimum'], expected),
    }),
    section({ kind: kind('concat'), axis: axis() }),
  ],
  { error: expected },
);

export const importedModel = section({
  name: z.literal('imported'),
  source: text(),
  size: section({ width: size(), height: size() }),
  anySize: flag(),
  nodes: z
    .array(section({ name: text(), from: z.array(text(), expected).min(1, expected), layer }), expected)
    .min(1, expected)
    .max(20_000, expected),
}) satisfies z.ZodType<ImportedModel>;
