// What a graph from outside must keep to before ONNX Runtime sees it. The runtime is native code that trusts a file's
// sizes, reads other files that a tensor names, and runs loops as long as the graph wants.

import {
  AttributeProto_AttributeType as AttributeKind,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from './schema/onnx_pb.js';

/** Operators that model files have, of this version and of earlier ones. None of them loops, draws or reads files. */
const operators = new Set(
  (
    'Abs Add AveragePool BatchNormalization Cast Concat Conv Div Exp Flatten Gemm GlobalAveragePool Identity Log ' +
    'LogSoftmax MatMul Max MaxPool Mul Neg Pad ReduceMean ReduceSum ReduceSumSquare Relu Reshape Sigmoid Slice Softmax ' +
    'Sqrt Squeeze Sub Tanh Transpose Unsqueeze'
  ).split(' '),
);

const bytesOf = new Map<number, number>([
  [DataType.FLOAT, 4],
  [DataType.FLOAT16, 2],
  [DataType.INT64, 8],
]);

const mostNodes = 20_000;
/** Of pads, strides and so on: larger ones make tensors that no image needs. */
const largestAttribute = 1024;

/** What is wrong with a model's graph, in words; null where nothing is. */
export function graphProblem({ graph, functions, opsetImport }: ModelProto): string | null {
  if (graph === undefined) return 'it has no graph';
  if (functions.length > 0) return 'it defines functions';
  const domain = opsetImport.find(({ domain }) => domain !== '' && domain !== 'ai.onnx');
  if (domain !== undefined) return `it has operators of the domain ${JSON.stringify(domain.domain)}`;
  if (graph.node.length > mostNodes) return `it has ${graph.node.length} operators`;
  return (
    firstProblem(graph.initializer, tensorProblem) ??
    firstProblem(graph.node, nodeProblem) ??
    growthProblem(graph)
  );
}

function firstProblem<T>(entries: readonly T[], problemOf: (entry: T) => string | null): string | null {
  for (const entry of entries) {
    const problem = problemOf(entry);
    if (problem !== null) return problem;
  }
  return null;
}

function tensorProblem({ name, dims, dataType, dataLocation, rawData }: TensorProto): string | null {
  const quoted = JSON.stringify(name.slice(0, 100));
  if (dataLocation === DataLocation.EXTERNAL) return `its tensor ${quoted} lies in another file`;
  const size = bytesOf.get(dataType);
  if (size === undefined) return `its tensor ${quoted} has a type that model files don't have`;
  const expected = dims.reduce((product, dim) => product * dim, BigInt(size));
  if (dims.some((dim) => dim < 0n) || expected !== BigInt(rawData.length))
    return `its tensor ${quoted} of [${dims.slice(0, 8).join(', ')}] holds ${rawData.length} bytes`;
  return null;
}

function nodeProblem({ opType, domain, attribute }: NodeProto): string | null {
  if (!operators.has(opType) || (domain !== '' && domain !== 'ai.onnx'))
    return `it has the operator ${JSON.stringify(opType.slice(0, 100))}, which model files don't have`;
  for (const { name, type, i, ints } of attribute) {
    const isNumber =
      type === AttributeKind.INT ||
      type === AttributeKind.INTS ||
      type === AttributeKind.FLOAT ||
      type === AttributeKind.STRING;
    const values = [i, ...ints].map(Number);
    if (!isNumber || values.some((value) => Math.abs(value) > largestAttribute))
      return `the attribute ${JSON.stringify(name.slice(0, 100))} of its operator ${opType} is out of range`;
  }
  return null;
}

/** A value that is joined with itself doubles with every operator. */
function growthProblem({ node }: GraphProto): string | null {
  const joins = node.filter(({ opType }) => opType === 'Concat');
  return joins.some(({ input }) => new Set(input).size < input.length)
    ? 'it joins a value with itself'
    : null;
}
