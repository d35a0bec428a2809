// A further output beside what a classifier answers: a linear layer on what its last layer sees, through a sigmoid.

import { create } from '@bufbuild/protobuf';
import { floatTensor } from '../tensor/array.js';
import { type ModelProto, tensorProto } from './model.js';
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from './schema/onnx_pb.js';

/** Makes a value of the graph one of its outputs, of whatever type and shape it has. */
export function exposeValue({ graph }: ModelProto, value: string): void {
  if (graph?.output.every(({ name }) => name !== value))
    graph.output.push(create(ValueInfoProtoSchema, { name: value }));
}

/**
 * Adds the output `name` [images, 1]: sigmoid(value x weights + bias). An earlier one of that name is replaced.
 *
 * @param value [images, features]
 * @param weights [features]
 */
export function addSigmoidOutput(
  model: ModelProto,
  name: string,
  value: string,
  weights: Float32Array,
  bias: number,
): void {
  removeSigmoidOutput(model, name);
  const graph = model.graph!;
  const node = (opType: string, input: string[], output: string): GraphProto['node'][number] =>
    create(NodeProtoSchema, { name: `${opType}_${name}`, opType, input, output: [output] });
  graph.initializer.push(
    tensorProto(`${name}_weights`, floatTensor([weights.length, 1], weights)),
    tensorProto(`${name}_bias`, floatTensor([1], [bias])),
  );
  graph.node.push(
    node('MatMul', [value, `${name}_weights`], `${name}_product`),
    node('Add', [`${name}_product`, `${name}_bias`], `${name}_sum`),
    node('Sigmoid', [`${name}_sum`], name),
  );
  const batch = graph.input.find(() => true)?.type;
  const images = batch?.value.case === 'tensorType' ? batch.value.value.shape?.dim[0]?.value : undefined;
  graph.output.push(
    create(ValueInfoProtoSchema, {
      name,
      type: {
        value: {
          case: 'tensorType',
          value: {
            elemType: DataType.FLOAT,
            shape: {
              dim: [
                { value: images ?? { case: 'dimParam', value: 'n' } },
                { value: { case: 'dimValue', value: 1n } },
              ],
            },
          },
        },
      },
    }),
  );
}

/** Takes away what addSigmoidOutput added; nothing where it didn't. */
export function removeSigmoidOutput({ graph }: ModelProto, name: string): void {
  if (graph === undefined) return;
  const own = new Set([name, `${name}_product`, `${name}_sum`]);
  graph.node = graph.node.filter((node) => !node.output.some((output) => own.has(output)));
  graph.initializer = graph.initializer.filter(
    (tensor) => tensor.name !== `${name}_weights` && tensor.name !== `${name}_bias`,
  );
  graph.output = graph.output.filter((output) => output.name !== name);
}
