// Writes and reads ONNX model files through the generated schema (schema/onnx_pb.ts, from ONNX's own onnx.proto).
// Knows nodes, tensors and metadata; doesn't know what operators mean. Specification: onnx/docs/IR.md.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { HostTensor } from '../tensor/array.js';
import { type DType, tensorType } from '../tensor/type.js';
import {
  AttributeProto_AttributeType as AttributeKind,
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './schema/onnx_pb.js';

export type { ModelProto } from './schema/onnx_pb.js';

/** The ONNX operator set that every graph declares. Opset 18 is read by every ONNX Runtime since 1.14 (2023). */
const opsetVersion = 18n;
/** The file format's version; 8 belongs to opset 18. */
const irVersion = 8n;
const dataTypes: Record<DType, DataType> = {
  float32: DataType.FLOAT,
  int64: DataType.INT64,
  int32: DataType.INT32,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

/**
 * An attribute: an integer, integers, a string, a tensor, a graph, or `{ float }` since JavaScript doesn't distinguish 1 from
 * 1.0.
 */
export type Attribute = number | readonly number[] | string | HostTensor | GraphProto | { float: number };
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

/** Collects a graph node by node; `toBytes` gives the file. Names are made unique here. */
export class OnnxGraph {
  private readonly nodes: ReturnType<typeof create<typeof NodeProtoSchema>>[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly constants = new Map<string, string>();
  private readonly domains = new Set<string>();
  private counter = 0;

  constructor(readonly name: string) {}

  /** A fresh value name. */
  fresh(hint: string): string {
    return `${hint}_${this.counter++}`;
  }

  /** Declares an input; a dimension that varies between runs is a name. */
  input(name: string, dtype: DType, dimensions: readonly (number | string)[]): string {
    this.inputs.push(valueInfo(name, dtype, dimensions));
    return name;
  }

  output(name: string, dtype: DType, dimensions: readonly (number | string)[]): void {
    this.outputs.push(valueInfo(name, dtype, dimensions));
  }

  /** A tensor stored in the file. */
  initializer(name: string, tensor: HostTensor): string {
    this.initializers.push(tensorProto(name, tensor));
    return name;
  }

  /** A float32 or int64 constant; equal ones are stored once. */
  constant(dtype: 'float32' | 'int64', shape: readonly number[], values: readonly number[]): string {
    const key = `${dtype}[${shape.join(',')}]${values.join(',')}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const data = dtype === 'float32' ? Float32Array.from(values) : BigInt64Array.from(values.map(BigInt));
    const name = this.initializer(this.fresh('const'), { type: tensorType(dtype, shape), data });
    this.constants.set(key, name);
    return name;
  }

  scalar(value: number): string {
    return this.constant('float32', [], [value]);
  }

  integers(...values: number[]): string {
    return this.constant('int64', [values.length], values);
  }

  /** Adds a node with named outputs; an empty string leaves an optional input or output out. */
  addNode(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Attributes = {},
    domain = '',
  ): void {
    if (domain !== '') this.domains.add(domain);
    this.nodes.push(
      create(NodeProtoSchema, {
        name: `${opType}_${this.nodes.length}`,
        opType,
        domain,
        input: [...inputs],
        output: [...outputs],
        attribute: Object.entries(attributes).flatMap(([name, value]) =>
          value === undefined ? [] : [attributeProto(name, value)],
        ),
      }),
    );
  }

  /** Adds a node with one output and gives that output's fresh name. */
  node(opType: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    const output = this.fresh(opType);
    this.addNode(opType, inputs, [output], attributes, domain);
    return output;
  }

  /** The graph alone, as an attribute of a node of another that runs it: that one then needs `useDomainsOf` it. */
  toGraph(): GraphProto {
    return create(GraphProtoSchema, {
      name: this.name,
      node: this.nodes,
      input: this.inputs,
      output: this.outputs,
      initializer: this.initializers,
    });
  }

  /** Declares the operator sets of a graph that an attribute here holds. */
  useDomainsOf(inner: OnnxGraph): void {
    for (const domain of inner.domains) this.domains.add(domain);
  }

  toModel(producer: { name: string; version: string }, metadata: Record<string, string> = {}): ModelProto {
    return create(ModelProtoSchema, {
      irVersion,
      producerName: producer.name,
      producerVersion: producer.version,
      opsetImport: [
        { domain: '', version: opsetVersion },
        ...[...this.domains].sort().map((domain) => ({ domain, version: 1n })),
      ],
      graph: this.toGraph(),
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    });
  }

  toBytes(producer = { name: 'ferlab', version: '' }, metadata: Record<string, string> = {}): Uint8Array {
    return toBinary(ModelProtoSchema, this.toModel(producer, metadata));
  }
}

function valueInfo(name: string, dtype: DType, dimensions: readonly (number | string)[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: dataTypes[dtype],
          shape: {
            dim: dimensions.map((size) =>
              typeof size === 'number'
                ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
                : { value: { case: 'dimParam' as const, value: size } },
            ),
          },
        },
      },
    },
  });
}

/** A tensor as a file stores it. */
export function tensorProto(name: string, tensor: HostTensor): TensorProto {
  const { data } = tensor; // ONNX's raw_data is little-endian, as every machine that Node runs on
  return create(TensorProtoSchema, {
    name,
    dataType: dataTypes[tensor.type.dtype],
    dims: tensor.type.shape.map(BigInt),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

export function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: AttributeKind.INT, i: BigInt(value) });
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeKind.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeKind.FLOAT, f: value.float });
  if ('node' in value) return create(AttributeProtoSchema, { name, type: AttributeKind.GRAPH, g: value });
  if ('data' in value) {
    return create(AttributeProtoSchema, { name, type: AttributeKind.TENSOR, t: tensorProto('', value) });
  }
  return create(AttributeProtoSchema, { name, type: AttributeKind.INTS, ints: value.map(BigInt) });
}

/** Parses a model file. Throws whatever the protobuf reader throws on bytes that are not one. */
export function parseModel(bytes: Uint8Array): ModelProto {
  return fromBinary(ModelProtoSchema, bytes);
}

/** The metadata_props of a model, as a plain object. */
export function readMetadata(model: ModelProto): Record<string, string> {
  return Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
}
