// Keras's layers that put values together or scale them by fixed numbers, and the operators that stand for such layers where
// people wrote `x / 255` or `a + b` in a functional model (Keras 3: `keras.ops`, Keras 2: TFOpLambda).

import type { Flow } from './build.js';
import type { LayerContext, LayerReader } from './layer-context.js';

type How = 'add' | 'subtract' | 'multiply' | 'divide' | 'average' | 'maximum' | 'minimum';

function join(context: LayerContext, how: How): Flow {
  const { inputs, builder, path } = context;
  if (inputs.length < 2)
    throw context.unsupported('inputs in number', inputs.length, 'two or more are known');
  if ((how === 'subtract' || how === 'divide') && inputs.length > 2)
    throw context.unsupported('inputs in number', inputs.length, 'two are known');
  return builder.add(path, { kind: 'join', how }, inputs);
}

/** An operator: of two values, or of a value and a number. */
function operate(context: LayerContext, how: How): Flow {
  const { operands, builder, path } = context;
  const [left, right] = operands;
  if (operands.length === 2 && typeof left !== 'number' && typeof right !== 'number')
    return join(context, how);
  const value = context.input;
  const constant = operands.find((operand) => typeof operand === 'number');
  if (operands.length !== 2 || constant === undefined)
    throw context.unsupported('operands in number', operands.length, 'two are known');
  const scale = (factor: number, offset: number): Flow =>
    builder.add(path, { kind: 'scale', scale: [factor], offset: [offset] }, [value]);
  if (how === 'add') return scale(1, constant);
  if (how === 'multiply') return scale(constant, 0);
  if (how === 'subtract') return typeof left === 'number' ? scale(-1, constant) : scale(1, -constant);
  if (how === 'divide' && typeof left !== 'number' && constant !== 0) return scale(1 / constant, 0);
  throw context.unsupported(
    'the operands',
    operands.map((operand) => (typeof operand === 'number' ? operand : 'a value')),
    'sums, products and quotients by a number are known',
  );
}

function concatenate(context: LayerContext): Flow {
  const { inputs, builder, path, layer } = context;
  const axis = context.axis(layer.config.axis ?? -1);
  if (axis === null || inputs.length < 2)
    throw context.unsupported('the axis', layer.config.axis, 'axes of its inputs are known');
  const here = context.input.shape.length === 3 ? [1, 2, 0][axis]! : axis;
  return builder.add(path, { kind: 'concat', axis: here }, inputs);
}

/** Numbers of a setting, which Keras may write as one or as nested lists. */
function numbersOf(context: LayerContext, value: unknown, name: string): number[] {
  const flat = (Array.isArray(value) ? value : [value]).flat(6) as unknown[];
  if (
    flat.length < 1 ||
    flat.length > 4096 ||
    !flat.every((part) => typeof part === 'number' && Number.isFinite(part))
  )
    throw context.unsupported(name, value, 'numbers are known');
  return flat as number[];
}

function fixedScale(context: LayerContext, scale: number[], offset: number[]): Flow {
  const channels = context.input.shape[0]!;
  const length = Math.max(scale.length, offset.length);
  if (length !== 1 && length !== channels)
    throw context.unsupported('numbers of channels', length, `${channels} are fed`);
  return context.builder.add(context.path, { kind: 'scale', scale, offset }, [context.input]);
}

function rescaling(context: LayerContext): Flow {
  const { scale = 1, offset = 0 } = context.layer.config;
  return fixedScale(context, numbersOf(context, scale, 'scale'), numbersOf(context, offset, 'offset'));
}

/** (x - mean) / max(sqrt(variance), 1e-7), with numbers that are settings, or were learned by adapt(). */
function normalization(context: LayerContext): Flow {
  const { mean, variance, invert } = context.layer.config;
  if (invert === true) throw context.unsupported('invert', invert, 'false is known');
  const stated = mean !== null && mean !== undefined && variance !== null && variance !== undefined;
  const [means, variances] = stated
    ? [numbersOf(context, mean, 'mean'), numbersOf(context, variance, 'variance')]
    : learned(context);
  if (means.length !== variances.length)
    throw context.unsupported(
      'means and variances',
      [means.length, variances.length],
      'as many of both are known',
    );
  const deviations = variances.map((value) => Math.max(Math.sqrt(Math.max(0, value)), 1e-7));
  return fixedScale(
    context,
    deviations.map((deviation) => 1 / deviation),
    means.map((value, i) => -value / deviations[i]!),
  );
}

function learned(context: LayerContext): [number[], number[]] {
  const [first, second] = context.weights.map(({ tensor }) => [...tensor.data]);
  if (first === undefined || second === undefined || first.length > 4096)
    throw context.refuse(
      'has no mean and variance',
      'Call its adapt() with training images, and save the model once more.',
    );
  return [first, second];
}

export const joinLayers: Readonly<Record<string, LayerReader>> = {
  Concatenate: concatenate,
  Add: (context) => join(context, 'add'),
  Subtract: (context) => join(context, 'subtract'),
  Multiply: (context) => join(context, 'multiply'),
  Average: (context) => join(context, 'average'),
  Maximum: (context) => join(context, 'maximum'),
  Minimum: (context) => join(context, 'minimum'),
  Rescaling: rescaling,
  Normalization: normalization,
};

const operators: Readonly<Record<string, How>> = {
  Add: 'add',
  Subtract: 'subtract',
  Multiply: 'multiply',
  Divide: 'divide',
  TrueDivide: 'divide',
  'math.add': 'add',
  'math.subtract': 'subtract',
  'math.multiply': 'multiply',
  'math.divide': 'divide',
  'math.truediv': 'divide',
  '__operators__.add': 'add',
};

/** The reader of an operator; null for what is a layer, undefined for an operator that isn't known. */
export function operatorReader(context: LayerContext): LayerReader | null | undefined {
  const { className, module, config } = context.layer;
  const isOperation = module.startsWith('keras.src.ops') || module.startsWith('keras.ops');
  if (!isOperation && className !== 'TFOpLambda') return null;
  const name = className === 'TFOpLambda' ? String(config.function) : className;
  if (!Object.hasOwn(operators, name)) return undefined;
  const how = operators[name]!;
  return (inner) => operate(inner, how);
}
