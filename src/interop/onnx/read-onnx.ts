// Opens an ONNX file of another program, with the tensors that it keeps in files beside it, and brings its graph to what
// model files hold: named tensors as plain bytes, no constants among the operators, nothing that only training has.
// Specification: onnx/docs/IR.md and ExternalData.md.

import { open } from 'node:fs/promises';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { parseModel } from '../../engine/onnx/model.js';
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  TensorProto_DataLocation as Location,
  type ModelProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from '../../engine/onnx/schema/onnx_pb.js';
import { FerlabError } from '../../errors.js';

/** Of all tensors of a model, in bytes. */
const largest = 2 ** 31;

export interface OnnxFile {
  where: string;
  /** What wrote it: `pytorch 2.9.0`. */
  source: string;
  /** Version of the operators. */
  opset: number;
  graph: GraphProto;
  irVersion: bigint;
}

export function refuseOnnx(where: string, problem: string, remedy: string): FerlabError {
  return new FerlabError('model', `${where}: ${problem} ${remedy}`);
}

/** @throws FerlabError `model` where the bytes are no ONNX file, or its tensors aren't where it says. */
export async function readOnnx(bytes: Uint8Array, where: string): Promise<OnnxFile> {
  let model: ModelProto;
  try {
    model = parseModel(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw refuseOnnx(where, `expected an ONNX file; it can't be parsed (${reason}).`, 'Export it once more.');
  }
  const { graph } = model;
  const opset = Number(
    model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0,
  );
  if (graph === undefined || graph.node.length === 0 || model.functions.length > 0)
    throw refuseOnnx(
      where,
      'expected an ONNX file with a graph of plain operators.',
      'Export the model once more.',
    );
  if (opset < 11 || opset > 24)
    throw refuseOnnx(
      where,
      `expected operators of the version (opset) 11 to 24, found ${opset}.`,
      'Export it with opset 18.',
    );
  const source = [model.producerName, model.producerVersion]
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, 80);
  return {
    where,
    source: source === '' ? 'ONNX' : source,
    opset,
    graph: await plainGraph(graph, where),
    irVersion: model.irVersion,
  };
}

async function plainGraph(graph: GraphProto, where: string): Promise<GraphProto> {
  const stored: TensorProto[] = [];
  let left = largest;
  for (const tensor of graph.initializer) {
    const plain = await plainTensor(tensor, where, left);
    left -= plain.rawData.length;
    if (left < 0) throw refuseOnnx(where, 'expected tensors of at most 2 GiB.', 'Give a smaller network.');
    stored.push(plain);
  }
  const nodes = [];
  for (const node of graph.node) {
    const { opType, input, output, attribute, domain, name } = node;
    const constant = opType === 'Constant' ? attribute.find((entry) => entry.name === 'value')?.t : undefined;
    if (constant !== undefined) {
      stored.push(await plainTensor({ ...constant, name: output[0]! }, where, left));
      continue;
    }
    const isDropout = opType === 'Dropout';
    nodes.push(
      create(NodeProtoSchema, {
        name,
        domain,
        opType: isDropout ? 'Identity' : opType,
        input: isDropout ? input.slice(0, 1) : input,
        output: isDropout ? output.slice(0, 1) : output,
        attribute: isDropout ? [] : attribute,
      }),
    );
  }
  return create(GraphProtoSchema, {
    name: graph.name,
    node: nodes,
    initializer: stored,
    input: graph.input.filter(({ name }) => !graph.initializer.some((tensor) => tensor.name === name)),
    output: graph.output,
  });
}

/** A tensor with its values as bytes. */
async function plainTensor(tensor: TensorProto, where: string, most: number): Promise<TensorProto> {
  const { name, dataType, dims } = tensor;
  let { rawData } = tensor;
  if (tensor.dataLocation === Location.EXTERNAL) rawData = await externalData(tensor, where, most);
  else if (rawData.length === 0 && tensor.floatData.length > 0)
    rawData = new Uint8Array(Float32Array.from(tensor.floatData).buffer);
  else if (rawData.length === 0 && tensor.int64Data.length > 0)
    rawData = new Uint8Array(BigInt64Array.from(tensor.int64Data).buffer);
  if (dataType !== DataType.FLOAT && dataType !== DataType.INT64 && dataType !== DataType.FLOAT16)
    throw refuseOnnx(
      where,
      `its tensor ${JSON.stringify(name.slice(0, 80))} is of the type ${DataType[dataType] ?? dataType}; float32, float16 and int64 are known.`,
      'Export the model in float32, not quantised.',
    );
  return create(TensorProtoSchema, { name, dataType, dims, rawData });
}

/** The bytes of a tensor in a file beside the model, and nowhere else. */
async function externalData(
  { name, externalData: entries }: TensorProto,
  where: string,
  most: number,
): Promise<Uint8Array> {
  const said = new Map(entries.map(({ key, value }) => [key, value]));
  const location = said.get('location') ?? '';
  const quoted = JSON.stringify(name.slice(0, 80));
  const folder = path.dirname(path.resolve(where));
  const file = path.resolve(folder, location);
  const inside = path.relative(folder, file);
  if (location === '' || inside.startsWith('..') || path.isAbsolute(inside))
    throw refuseOnnx(
      where,
      `its tensor ${quoted} is said to lie in ${JSON.stringify(location.slice(0, 80))}, outside the model's folder.`,
      'Export the model with its tensors inside (PyTorch: external_data=False).',
    );
  const [offset, length] = ['offset', 'length'].map((key) => Number(said.get(key) ?? Number.NaN));
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null)
    throw refuseOnnx(
      where,
      `its weights lie in ${location}, which isn't there.`,
      `Put that file beside it, or export the model with its tensors inside (PyTorch: external_data=False).`,
    );
  try {
    const { size } = await handle.stat();
    const start = Number.isNaN(offset) ? 0 : offset!;
    const count = Number.isNaN(length) ? size - start : length!;
    if (!(start >= 0) || !(count >= 0) || start + count > size || count > most)
      throw refuseOnnx(
        where,
        `its tensor ${quoted} is said to lie from byte ${start} to ${start + count} of ${location}, which has ${size}.`,
        'Export the model once more.',
      );
    const bytes = new Uint8Array(count);
    await handle.read(bytes, 0, count, start);
    return bytes;
  } finally {
    await handle.close();
  }
}
