// What a graph from outside must keep to before ONNX Runtime sees it. The runtime is native code that trusts a file's
// sizes, reads other files that a tensor names, and runs loops as long as the graph wants.
//
// The bytes are read field by field (wire.ts), by the field numbers of onnx.proto. A field that isn't listed here is
// refused: the runtime may know what it means.

import { WireMessage } from './wire.js';

/** What is known of a model file without its weights. */
export interface ModelOutline {
  /** Shapes by name, as the file declares them; free sizes by their names. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
}

/**
 * Operators that model files and detectors have, of this version and of earlier ones, and imported networks. None of them loops,
 * draws, reads files, or makes a tensor of a size that is computed.
 */
const operators = new Set(
  (
    'Abs Add AveragePool BatchNormalization Cast Clip Concat Conv Div Elu Erf Exp Flatten Gelu Gemm GlobalAveragePool ' +
    'GlobalMaxPool HardSigmoid HardSwish Identity InstanceNormalization LayerNormalization Mish Pow Reciprocal ReduceMax Selu ' +
    'Sign Sum ' +
    'LeakyRelu Log LogSoftmax MatMul Max MaxPool Min Mul Neg Pad PRelu ReduceMean ReduceSum ReduceSumSquare Relu Reshape ' +
    'Resize Sigmoid Slice Softmax Softplus Sqrt Squeeze Sub Tanh Transpose Unsqueeze'
  ).split(' '),
);

/** Field numbers by message, each with the fields that are read, and in `others` those that only describe. */
const model = {
  name: 'model',
  graph: 7,
  opsetImport: 8,
  functions: 25,
  others: [1, 2, 3, 4, 5, 6, 14],
};
const opset = { name: 'operator set', domain: 1, others: [2] };
const graph = { name: 'graph', node: 1, initializer: 5, input: 11, output: 12, others: [2, 10, 13, 16] };
const node = { name: 'operator', input: 1, opType: 4, attribute: 5, domain: 7, others: [2, 3, 6, 8, 9] };
const attribute = { name: 'attribute', label: 1, i: 3, ints: 8, type: 20, others: [2, 4, 13] };
const tensor = {
  name: 'tensor',
  dims: 1,
  dataType: 2,
  label: 8,
  rawData: 9,
  externalData: 13,
  dataLocation: 14,
  others: [12, 16],
};
const valueInfo = { name: 'value', label: 1, type: 2, others: [3, 4] };
const type = { name: 'type', tensorType: 1, others: [6] };
const tensorType = { shape: 2 };
const shape = { dim: 1 };
const dimension = { name: 'size', value: 1, param: 2, others: [3] };

/** Bytes of a value by its type: float32, int64, float16. */
const bytesOf = new Map([
  [1, 4],
  [7, 8],
  [10, 2],
]);
const float32 = 1;
const int64 = 7;

/** Types of attributes: a float, an integer, a text, integers. */
const attributeTypes = new Set([1, 2, 3, 7]);

const mostNodes = 20_000;
/** Of pads, strides and so on: larger ones make tensors that no image needs. */
const largestAttribute = 1024;

/** By how much all operators Resize together may enlarge an area: four levels of a pyramid, each twice as wide and high. */
const mostEnlarged = 256;

/** What is wrong with a model's graph, in words. */
class Problem extends Error {}

/**
 * Checks the graph of a model file.
 *
 * @returns what is wrong with it, in words, where it may do harm.
 * @throws RangeError where the bytes are no whole model file.
 */
export function checkGraph(bytes: Uint8Array): { outline: ModelOutline } | { problem: string } {
  try {
    return { outline: outlineOf(new WireMessage(bytes)) };
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message };
    throw error;
  }
}

function outlineOf(file: WireMessage): ModelOutline {
  if (!file.has(model.graph)) throw new Problem('it has no graph');
  if (file.has(model.functions)) throw new Problem('it defines functions');
  checkFields(file, model);
  for (const entry of file.messages(model.opsetImport)) {
    checkFields(entry, opset);
    const domain = entry.text(opset.domain);
    if (!isStandard(domain))
      throw new Problem(`it has operators of the domain ${JSON.stringify(domain.slice(0, 100))}`);
  }
  const whole = file.message(model.graph)!;
  checkFields(whole, graph);
  const tensors = whole.messages(graph.initializer);
  const stored = new Map<string, WireMessage>();
  for (const entry of tensors) {
    checkTensor(entry);
    stored.set(entry.text(tensor.label), entry);
  }
  const nodes = whole.messages(graph.node);
  if (nodes.length > mostNodes) throw new Problem(`it has ${nodes.length} operators`);
  for (const entry of nodes) checkNode(entry, stored);
  checkResizes(nodes, stored);
  return { inputs: shapesOf(whole.messages(graph.input)), outputs: shapesOf(whole.messages(graph.output)) };
}

const isStandard = (domain: string): boolean => domain === '' || domain === 'ai.onnx';

function checkFields(
  message: WireMessage,
  { name, others, ...read }: { name: string; others: readonly number[]; [field: string]: unknown },
): void {
  const known = new Set<unknown>([...others, ...Object.values(read)]);
  const unknown = message.fields.find((field) => !known.has(field));
  if (unknown !== undefined)
    throw new Problem(`it has the field ${unknown} in a ${name}, which model files don't have`);
}

function checkTensor(entry: WireMessage): void {
  const quoted = JSON.stringify(entry.text(tensor.label).slice(0, 100));
  if (entry.integer(tensor.dataLocation) !== 0 || entry.has(tensor.externalData))
    throw new Problem(`its tensor ${quoted} lies in another file`);
  const size = bytesOf.get(entry.integer(tensor.dataType));
  if (size === undefined) throw new Problem(`its tensor ${quoted} has a type that model files don't have`);
  checkFields(entry, tensor);
  const dims = entry.integers(tensor.dims);
  const { length } = entry.bytes(tensor.rawData);
  // Numbers are exact as far as a file may be large: a product that was rounded is none of a file's length.
  if (dims.some((dim) => dim < 0) || dims.reduce((product, dim) => product * dim, size) !== length)
    throw new Problem(`its tensor ${quoted} of [${dims.slice(0, 8).join(', ')}] holds ${length} bytes`);
}

function checkNode(entry: WireMessage, tensors: ReadonlyMap<string, WireMessage>): void {
  const opType = entry.text(node.opType);
  if (!operators.has(opType) || !isStandard(entry.text(node.domain)))
    throw new Problem(
      `it has the operator ${JSON.stringify(opType.slice(0, 100))}, which model files don't have`,
    );
  checkFields(entry, node);
  for (const part of entry.messages(node.attribute)) {
    const isNumber = attributeTypes.has(part.integer(attribute.type));
    const values = isNumber ? [part.integer(attribute.i), ...part.integers(attribute.ints)] : [];
    if (!isNumber || values.some((value) => Math.abs(value) > largestAttribute)) {
      const quoted = JSON.stringify(part.text(attribute.label).slice(0, 100));
      throw new Problem(`the attribute ${quoted} of its operator ${opType} is out of range`);
    }
    checkFields(part, attribute);
  }
  const inputs = entry.texts(node.input);
  // A value that is joined with itself doubles with every operator.
  if (opType === 'Concat' && new Set(inputs).size < inputs.length)
    throw new Problem('it joins a value with itself');
  if (opType === 'Pad') checkPads(tensors.get(inputs[1] ?? ''));
}

/** A border's widths are a stored tensor: any that is computed could be of any size. */
function checkPads(stored: WireMessage | undefined): void {
  if (stored === undefined || stored.integer(tensor.dataType) !== int64)
    throw new Problem("its operator Pad has a border that isn't stored");
  const { buffer, byteOffset, byteLength } = stored.bytes(tensor.rawData);
  const values = new DataView(buffer, byteOffset, byteLength);
  for (let place = 0; place < byteLength; place += 8) {
    const width = values.getBigInt64(place, true);
    if (width > largestAttribute || width < -largestAttribute)
      throw new Problem(`the border of its operator Pad is out of range (${width})`);
  }
}

/** Sizes are stored factors: computed ones could be of any size, and many small ones multiply. */
function checkResizes(nodes: readonly WireMessage[], stored: ReadonlyMap<string, WireMessage>): void {
  let enlarged = 1;
  for (const entry of nodes) {
    if (entry.text(node.opType) !== 'Resize') continue;
    const inputs = entry.texts(node.input);
    const scales = stored.get(inputs[2] ?? '');
    if (inputs.length !== 3 || scales === undefined || scales.integer(tensor.dataType) !== float32)
      throw new Problem("its operator Resize has factors that aren't stored");
    const { buffer, byteOffset, byteLength } = scales.bytes(tensor.rawData);
    const values = new DataView(buffer, byteOffset, byteLength);
    for (let place = 0; place < byteLength; place += 4) {
      const factor = values.getFloat32(place, true);
      if (!(factor > 0)) throw new Problem(`the factor of its operator Resize is out of range (${factor})`);
      enlarged *= Math.max(1, factor);
    }
  }
  if (enlarged > mostEnlarged)
    throw new Problem(`its operators Resize enlarge by ${enlarged} in all, more than ${mostEnlarged}`);
}

function shapesOf(values: readonly WireMessage[]): Record<string, (number | string)[]> {
  const entries = values.map((value): [string, (number | string)[]] => {
    checkFields(value, valueInfo);
    const declared = value.message(valueInfo.type);
    if (declared !== null) checkFields(declared, type);
    const sizes = declared?.message(type.tensorType)?.message(tensorType.shape)?.messages(shape.dim) ?? [];
    return [value.text(valueInfo.label), sizes.map(sizeOf)];
  });
  return Object.fromEntries(entries);
}

function sizeOf(size: WireMessage): number | string {
  checkFields(size, dimension);
  if (size.has(dimension.value)) return size.integer(dimension.value);
  return size.has(dimension.param) ? size.text(dimension.param) : '?';
}
