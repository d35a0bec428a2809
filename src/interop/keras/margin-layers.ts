// Keras's layers that add rows and columns to feature maps or take them away.

import type { Sides } from '../../engine/nn/described.js';
import type { Flow } from './build.js';
import type { LayerContext, LayerReader } from './layer-context.js';

/** Margins in all forms that Keras takes: 1, (1, 2), ((0, 1), (0, 1)). */
function sidesOf(context: LayerContext, name: string): Sides {
  const value = context.layer.config[name] ?? 1;
  const whole = (part: unknown): part is number =>
    Number.isInteger(part) && Number(part) >= 0 && Number(part) <= 4096;
  const both = (part: unknown): [number, number] | null => {
    if (whole(part)) return [part, part];
    return Array.isArray(part) && part.length === 2 && part.every(whole) ? (part as [number, number]) : null;
  };
  const [rows, columns] = whole(value)
    ? [both(value), both(value)]
    : Array.isArray(value) && value.length === 2
      ? value.map(both)
      : [null, null];
  if (!rows || !columns) throw context.unsupported(name, value, 'whole numbers from 0 on are known');
  return [rows[0], columns[0], rows[1], columns[1]];
}

const margins =
  (kind: 'pad' | 'crop', name: string): LayerReader =>
  (context) => {
    context.checkChannelsLast();
    const sides = sidesOf(context, name);
    return sides.every((side) => side === 0)
      ? context.input
      : context.builder.add(context.path, { kind, sides }, [context.input]);
  };

function upSampling2d(context: LayerContext): Flow {
  context.checkChannelsLast();
  const [rows, columns] = context.pair('size', [2, 2]);
  const { interpolation = 'nearest' } = context.layer.config;
  if (interpolation !== 'nearest')
    throw context.unsupported('interpolation', interpolation, 'nearest is known');
  if (rows !== columns || rows > 16)
    throw context.unsupported('size', [rows, columns], 'equal factors up to 16 are known');
  return context.builder.add(context.path, { kind: 'enlarge', factor: rows }, [context.input]);
}

export const marginLayers: Readonly<Record<string, LayerReader>> = {
  ZeroPadding2D: margins('pad', 'padding'),
  Cropping2D: margins('crop', 'cropping'),
  UpSampling2D: upSampling2d,
};
