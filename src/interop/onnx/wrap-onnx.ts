// Puts scaling before the graph of an ONNX file and probabilities behind it, so that it takes and gives what model files do.

import { create } from '@bufbuild/protobuf';
import { serializeModel } from '../../engine/onnx/edit.js';
import { type Attributes, attributeProto, OnnxGraph, tensorProto } from '../../engine/onnx/model.js';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from '../../engine/onnx/schema/onnx_pb.js';
import { floatTensor } from '../../engine/tensor/array.js';
import { tensorType } from '../../engine/tensor/type.js';
import type { Scaling } from '../scaling.js';
import { type OnnxFile, refuseOnnx } from './read-onnx.js';

/** What the graph's input is, beside its size. */
export interface OnnxInput {
  name: string;
  height: number;
  width: number;
  channels: 1 | 3;
  /** Whether channels are the last axis. */
  channelsLast: boolean;
}

/** The sizes of a value; null where they are free. */
function sizesOf(value: ValueInfoProto): (number | null)[] {
  const type = value.type?.value;
  const dims = type?.case === 'tensorType' ? (type.value.shape?.dim ?? []) : [];
  return dims.map(({ value: size }) => (size.case === 'dimValue' ? Number(size.value) : null));
}

const isChannels = (size: number | null | undefined): size is 1 | 3 => size === 1 || size === 3;

/**
 * What the graph takes.
 *
 * @param size of images, where the file leaves it open.
 * @throws FerlabError `model` where that is no image.
 */
export function onnxInput({ graph, where }: OnnxFile, size?: { width: number; height: number }): OnnxInput {
  const [input, ...others] = graph.input;
  const sizes = input === undefined ? [] : sizesOf(input);
  const shown = sizes.map((one) => one ?? 'any').join(', ');
  const channelsLast = isChannels(sizes[3]) && !isChannels(sizes[1]);
  const [channels, height, width] = channelsLast
    ? [sizes[3], sizes[1] ?? size?.height, sizes[2] ?? size?.width]
    : [sizes[1], sizes[2] ?? size?.height, sizes[3] ?? size?.width];
  if (input === undefined || others.length > 0 || sizes.length !== 4 || !isChannels(channels))
    throw refuseOnnx(
      where,
      `expected one input of images, [N, 1 or 3, height, width] or [N, height, width, 1 or 3]; found ${graph.input.length} of [${shown}].`,
      'Export the network for single images.',
    );
  if (!height || !width || height > 1024 || width > 1024)
    throw refuseOnnx(
      where,
      `expected images of 1 to 1024 pixels a side, found [${shown}].`,
      'Where the sizes are open, add --size WIDTHxHEIGHT.',
    );
  return { name: input.name, height, width, channels, channelsLast };
}

/** How many classes the file says it has; null where it leaves that open. */
export function onnxClasses({ graph, where }: OnnxFile): number | null {
  const [output, ...others] = graph.output;
  const sizes = output === undefined ? [] : sizesOf(output);
  if (output === undefined || others.length > 0 || (sizes.length !== 0 && sizes.length !== 2))
    throw refuseOnnx(
      where,
      `expected one output [N, classes], found ${graph.output.length}.`,
      'Export the network with the scores of the expressions alone.',
    );
  return sizes[1] ?? null;
}

const prefix = 'imported/';

/** The bytes of the model file. */
export function wrapOnnx(
  file: OnnxFile,
  input: OnnxInput,
  scaling: Scaling,
  classes: number,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { graph, opset, where } = file;
  const named = (name: string): string => (name === '' ? '' : prefix + name);
  const nodes = graph.node.map((node, i) =>
    create(NodeProtoSchema, {
      ...node,
      name: `${node.opType}_${i}`,
      input: node.input.map(named),
      output: node.output.map(named),
    }),
  );
  const stored: TensorProto[] = graph.initializer.map((tensor) => ({ ...tensor, name: named(tensor.name) }));
  const add = (opType: string, inputs: string[], output: string, attributes: Attributes = {}): NodeProto =>
    create(NodeProtoSchema, {
      name: `${opType}_${output}`,
      opType,
      input: inputs,
      output: [output],
      attribute: Object.entries(attributes).flatMap(([name, value]) =>
        value === undefined ? [] : [attributeProto(name, value)],
      ),
    });
  const before = scaleNodes(input, scaling, opset, add, stored);
  const image = before.at(-1)?.output[0] ?? 'pixels';
  before.push(
    input.channelsLast
      ? add('Transpose', [image], named(input.name), { perm: [0, 2, 3, 1] })
      : add('Identity', [image], named(input.name)),
  );
  const after = answers(nodes, named(graph.output[0]!.name), where, add);
  const outline = new OnnxGraph('imported');
  outline.input('pixels', 'float32', ['N', 1, input.height, input.width]);
  outline.output('logits', 'float32', ['N', classes]);
  outline.output('probabilities', 'float32', ['N', classes]);
  const { input: inputs, output: outputs } = outline.toGraph();
  return serializeModel(
    create(ModelProtoSchema, {
      irVersion: file.irVersion > 10n ? 10n : file.irVersion,
      producerName: 'ferlab',
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      graph: create(GraphProtoSchema, {
        name: 'imported',
        node: [...before, ...nodes, ...after],
        initializer: stored,
        input: inputs,
        output: outputs,
      }),
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }),
  );
}

type Add = (opType: string, inputs: string[], output: string, attributes?: Attributes) => NodeProto;

function scaleNodes(
  input: OnnxInput,
  scaling: Scaling,
  opset: number,
  add: Add,
  stored: TensorProto[],
): NodeProto[] {
  const { channels } = input;
  const store = (name: string, values: readonly number[]): string => {
    const full = values.length === channels ? values : Array.from({ length: channels }, () => values[0]!);
    stored.push(tensorProto(name, floatTensor([1, channels, 1, 1], full)));
    return name;
  };
  if (scaling !== 'image') {
    const { scale, mean, std } = scaling;
    const wide = (values: readonly number[]): number[] =>
      Array.from({ length: channels }, (_, i) => values[values.length === 1 ? 0 : i]!);
    const stds = wide(std);
    return [
      add(
        'Mul',
        [
          'pixels',
          store(
            'scaling/scale',
            stds.map((value) => scale / value),
          ),
        ],
        'scaling/scaled',
      ),
      add(
        'Add',
        [
          'scaling/scaled',
          store(
            'scaling/offset',
            wide(mean).map((value, i) => -value / stds[i]!),
          ),
        ],
        'scaling/shifted',
      ),
    ];
  }
  const mean = (value: string, output: string): NodeProto => {
    if (opset < 18) return add('ReduceMean', [value], output, { axes: [1, 2, 3], keepdims: 1 });
    return add('ReduceMean', [value, 'scaling/axes'], output, { keepdims: 1 });
  };
  if (opset >= 18)
    stored.push(
      tensorProto('scaling/axes', { type: tensorType('int64', [3]), data: BigInt64Array.from([1n, 2n, 3n]) }),
    );
  stored.push(tensorProto('scaling/epsilon', floatTensor([], [1])));
  return [
    mean('pixels', 'scaling/mean'),
    add('Sub', ['pixels', 'scaling/mean'], 'scaling/centred'),
    add('Mul', ['scaling/centred', 'scaling/centred'], 'scaling/squares'),
    mean('scaling/squares', 'scaling/variance'),
    add('Add', ['scaling/variance', 'scaling/epsilon'], 'scaling/safe'),
    add('Sqrt', ['scaling/safe'], 'scaling/deviation'),
    add('Div', ['scaling/centred', 'scaling/deviation'], 'scaling/standardized'),
    add('Mul', ['scaling/standardized', store('scaling/ones', [1])], 'scaling/wide'),
  ];
}

/** Nodes that give `logits` and `probabilities`, whichever of both the graph's end gives. */
function answers(nodes: readonly NodeProto[], output: string, where: string, add: Add): NodeProto[] {
  const maker = nodes.find((node) => node.output.includes(output));
  if (maker?.opType === 'Sigmoid')
    throw refuseOnnx(
      where,
      'expected a softmax or plain scores at its end, found Sigmoid, whose scores are no probabilities that sum to 1.',
      'Export the network without it where its classes exclude each other.',
    );
  const logits = maker?.opType === 'Softmax' || maker?.opType === 'LogSoftmax' ? maker.input[0]! : output;
  return [add('Identity', [logits], 'logits'), add('Softmax', ['logits'], 'probabilities', { axis: 1 })];
}
