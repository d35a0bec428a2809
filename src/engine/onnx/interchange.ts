// Rewrites a model file's graph into forms that other runtimes read rightly, too, with the same stored tensors under the
// same names. Made for OpenCV's dnn module, tried with 4.8, 4.14 and 5.0 (test/golden/opencv):
//
// - BatchNormalization after a convolution: OpenCV 4 multiplies the kernels by its scale once more whenever the number of
//   images changes, and answers wrongly from then on. It becomes a multiplication and an addition, which ONNX Runtime folds
//   into the convolution as it does BatchNormalization: the same bits come out.
// - Vectors that are computed from stored tensors: OpenCV 4 takes a vector for a column, and refuses to multiply rows by
//   it. They get their axes by Reshape.
// - ReduceMean over an image's positions: OpenCV 4.8 averages over other axes where there are several images. It becomes
//   GlobalAveragePool, which sums in another order: probabilities change by less than 1e-7.

import { create } from '@bufbuild/protobuf';
import { tensorType } from '../tensor/type.js';
import { rawBuffer } from './edit.js';
import { attributeProto, tensorProto } from './model.js';
import {
  type GraphProto,
  type ModelProto,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from './schema/onnx_pb.js';

/** Operators by which tensors of a file become those that a graph takes, element by element. */
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div', 'Sqrt', 'Cast']);

/** Changes the model in place. What is in these forms already stays as it is. */
export function rewriteForInterchange(model: ModelProto): void {
  const { graph } = model;
  if (graph === undefined) return;
  const rewriting = new Rewriting(graph);
  for (const node of graph.node) rewriting.take(node);
  graph.node = rewriting.nodes;
}

class Rewriting {
  readonly nodes: NodeProto[] = [];
  private readonly stored: Map<string, TensorProto>;
  /** Number of axes of what is computed from stored tensors alone. */
  private readonly computed = new Map<string, number>();
  private readonly shapes = new Map<string, string>();

  constructor(private readonly graph: GraphProto) {
    this.stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  }

  take(node: NodeProto): void {
    const [input, second, third] = node.input as [string, string, string];
    const output = node.output[0]!;
    if (this.isAffine(node)) {
      const product = `${output}_scaled`;
      this.add('Mul', [input, this.reshaped(second, [1, -1, 1, 1])], product);
      this.add('Add', [product, this.reshaped(third, [1, -1, 1, 1])], output);
    } else if (this.isMeanOfImages(node)) {
      const mean = `${output}_positions`;
      this.add('GlobalAveragePool', [input], mean);
      this.add('Flatten', [mean], output, { axis: 1 });
    } else if (elementwise.has(node.opType) && this.computed.get(second) === 1 && !this.isFixed(input)) {
      this.add(node.opType, [input, this.reshaped(second, [1, -1])], output);
    } else {
      if (elementwise.has(node.opType) && node.input.every((name) => this.isFixed(name)))
        this.computed.set(output, Math.max(...node.input.map((name) => this.axesOf(name))));
      this.nodes.push(node);
    }
  }

  private isFixed(name: string): boolean {
    return this.stored.has(name) || this.computed.has(name);
  }

  private axesOf(name: string): number {
    return this.stored.get(name)?.dims.length ?? this.computed.get(name)!;
  }

  /** BatchNormalization by statistics of 0 and 1, which scales and shifts alone. */
  private isAffine({ opType, input, attribute }: NodeProto): boolean {
    return (
      opType === 'BatchNormalization' &&
      attribute.some(({ name, f }) => name === 'epsilon' && f === 0) &&
      this.holdsOnly(input[3]!, 0) &&
      this.holdsOnly(input[4]!, 1)
    );
  }

  /** A mean over height and width of [N, C, H, W] that leaves [N, C]. */
  private isMeanOfImages({ opType, input, attribute }: NodeProto): boolean {
    if (opType !== 'ReduceMean' || !attribute.some(({ name, i }) => name === 'keepdims' && i === 0n))
      return false;
    const axes = this.stored.get(input[1] ?? '');
    return axes !== undefined && String(new BigInt64Array(rawBuffer(axes))) === '2,3';
  }

  private holdsOnly(name: string, value: number): boolean {
    const tensor = this.stored.get(name);
    return tensor !== undefined && new Float32Array(rawBuffer(tensor)).every((found) => found === value);
  }

  /** The name of a tensor in another shape. */
  private reshaped(name: string, shape: readonly number[]): string {
    const key = shape.join('x');
    let stored = this.shapes.get(key);
    if (stored === undefined) {
      stored = `shape_${key}`;
      this.graph.initializer.push(
        tensorProto(stored, {
          type: tensorType('int64', [shape.length]),
          data: BigInt64Array.from(shape.map(BigInt)),
        }),
      );
      this.shapes.set(key, stored);
    }
    const result = `${name}_${key}`;
    if (!this.nodes.some(({ output }) => output[0] === result)) this.add('Reshape', [name, stored], result);
    return result;
  }

  private add(
    opType: string,
    input: string[],
    output: string,
    attributes: Record<string, number> = {},
  ): void {
    this.nodes.push(
      create(NodeProtoSchema, {
        name: `${opType}_${output}`,
        opType,
        input,
        output: [output],
        attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
      }),
    );
  }
}
