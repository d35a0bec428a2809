// Reads the tensors of a parsed model file, and changes it in place: metadata, how large tensors are stored, a value
// divided by a stored number.
// What the operators otherwise mean isn't known here.

import { create, toBinary } from '@bufbuild/protobuf';
import { floatTensor, type HostTensor } from '../tensor/array.js';
import { fromFloat16, largestFloat16, toFloat16 } from '../tensor/float16.js';
import { attributeProto, tensorProto } from './model.js';
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './schema/onnx_pb.js';

/** The bytes of the model's file. The same model gives the same bytes. */
export function serializeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

/** Sets entries of metadata_props; those set to null are taken out, the rest stays. */
export function editMetadata(model: ModelProto, changes: Readonly<Record<string, string | null>>): void {
  const kept = new Map(model.metadataProps.map((entry) => [entry.key, entry]));
  const { metadataProps } = create(ModelProtoSchema, {
    metadataProps: Object.entries(changes).flatMap(([key, value]) =>
      value === null ? [] : [{ key, value }],
    ),
  });
  for (const key of Object.keys(changes)) if (changes[key] === null) kept.delete(key);
  for (const entry of metadataProps) kept.set(entry.key, entry);
  model.metadataProps = [...kept.values()];
}

/**
 * Makes a value of the graph what it was divided by a number, which is stored as the scalar `divisorName`. Everything
 * that reads the value reads the quotient. Where that scalar is stored already, it is replaced.
 *
 * @throws RangeError where no node makes the value.
 */
export function divideValue(model: ModelProto, value: string, divisorName: string, divisor: number): void {
  const graph = graphOf(model);
  const scalar = tensorProto(divisorName, floatTensor([], [divisor]));
  const stored = graph.initializer.findIndex(({ name }) => name === divisorName);
  if (stored >= 0) {
    graph.initializer[stored] = scalar;
    return;
  }
  const maker = graph.node.findIndex((node) => node.output.includes(value));
  if (maker < 0) throw new RangeError(`expected a node that makes ${value}, found none`);
  const undivided = `${value}_before_${divisorName}`;
  const node = graph.node[maker]!;
  node.output = node.output.map((name) => (name === value ? undivided : name));
  const division = create(NodeProtoSchema, {
    name: `Div_${divisorName}`,
    opType: 'Div',
    input: [undivided, divisorName],
    output: [value],
  });
  graph.node.splice(maker + 1, 0, division);
  graph.initializer.push(scalar);
}

/**
 * Stores float32 tensors as float16, each with a Cast back to float32 in front of its readers: the file shrinks, and
 * every operator still computes in float32, on every execution provider. Tensors of fewer than `fewest` elements, and
 * those with values beyond float16's range, stay as they are.
 *
 * @returns how many tensors were changed; none where they are float16 already.
 */
export function storeAsFloat16(model: ModelProto, fewest: number): number {
  const graph = graphOf(model);
  const casts: GraphProto['node'] = [];
  graph.initializer = graph.initializer.map((tensor) => {
    const values = floatsOf(tensor);
    if (values === null || values.length < fewest || !values.every(fits)) return tensor;
    const half = toFloat16(values);
    const name = tensor.name + halfSuffix;
    casts.push(
      create(NodeProtoSchema, {
        name: `Cast_${tensor.name}`,
        opType: 'Cast',
        input: [name],
        output: [tensor.name],
        attribute: [attributeProto('to', DataType.FLOAT)],
      }),
    );
    return create(TensorProtoSchema, {
      name,
      dataType: DataType.FLOAT16,
      dims: tensor.dims,
      rawData: new Uint8Array(half.buffer),
    });
  });
  graph.node.unshift(...casts);
  return casts.length;
}

/** What storeAsFloat16 adds to the name of a tensor. */
const halfSuffix = '_float16';

/** The float tensors that a model stores, by name, in float32; those of storeAsFloat16 under the names they had. */
export function storedTensors(model: ModelProto): Record<string, HostTensor> {
  const tensors: Record<string, HostTensor> = {};
  for (const tensor of graphOf(model).initializer) {
    const half = tensor.dataType === DataType.FLOAT16 && tensor.name.endsWith(halfSuffix);
    const values = half ? fromFloat16(new Uint16Array(rawBuffer(tensor))) : floatsOf(tensor);
    if (values === null) continue;
    const name = half ? tensor.name.slice(0, -halfSuffix.length) : tensor.name;
    tensors[name] = floatTensor(tensor.dims.map(Number), values);
  }
  return tensors;
}

const fits = (value: number) => Math.abs(value) <= largestFloat16;

/** The values of a float32 tensor that holds them as raw_data; null for any other. */
function floatsOf(tensor: TensorProto): Float32Array | null {
  if (tensor.dataType !== DataType.FLOAT || tensor.rawData.length === 0) return null;
  return new Float32Array(rawBuffer(tensor));
}

/** A tensor's raw_data, copied: numbers need an address that their size divides. */
export function rawBuffer({ rawData }: TensorProto): ArrayBuffer {
  return Uint8Array.from(rawData).buffer;
}

function graphOf(model: ModelProto): GraphProto {
  if (model.graph === undefined) throw new RangeError('expected a model with a graph, found none');
  return model.graph;
}
