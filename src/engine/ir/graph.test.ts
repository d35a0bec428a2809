import { describe, expect, it } from 'vitest';
import { gradients } from '../autodiff/gradients.js';
import { add, multiply, relu } from '../ops/elementwise.js';
import { categoricalMatch } from '../ops/loss.js';
import { matMul } from '../ops/matmul.js';
import { reduceSum } from '../ops/sum.js';
import { float32, ShapeError } from '../tensor/type.js';
import { Graph, printGraph, reachableNodes, verifyGraph } from './graph.js';

function smallGraph() {
  const graph = new Graph();
  const x = graph.input('x', float32(2, 3));
  const w = graph.input('w', float32(3, 4));
  const y = relu(matMul(x, w));
  return { graph, x, w, y };
}

describe('Graph', () => {
  it('prints in a stable form', () => {
    const { graph, w, y } = smallGraph();
    gradients(reduceSum(y, [0, 1]), [w]);
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "input %x: float32[2, 3]
      input %w: float32[3, 4]
      constant %2: float32[]
      %3: float32[2, 4] = MatMul(%x, %w) {"transposeA":false,"transposeB":false}
      %4: float32[2, 4] = Relu(%3)
      %5: float32[] = ReduceSum(%4) {"axes":[0,1],"keepDims":false}
      %6: float32[1, 1] = Reshape(%2) {"shape":[1,1]}
      %7: float32[2, 4] = Expand(%6) {"shape":[2,4]}
      %8: float32[2, 4] = ReluGradient(%7, %4)
      %9: float32[3, 4] = MatMul(%x, %8) {"transposeA":true,"transposeB":false}"
    `);
  });

  it('says which operator, what it needs and what it got when shapes do not fit', () => {
    const { x, w } = smallGraph();
    expect(() => matMul(w, x)).toThrow(
      /MatMul: inner sizes differ: 4 and 2\. Received float32\[3, 4\], float32\[2, 3\]/,
    );
    expect(() => add(x, w)).toThrow(/Add: Shapes \[2, 3\] and \[3, 4\] do not broadcast/);
  });

  it('refuses values of another graph and two inputs of one name', () => {
    const { graph, x } = smallGraph();
    expect(() => add(x, smallGraph().x)).toThrow(/another graph/);
    expect(() => graph.input('x', float32(1))).toThrow(ShapeError);
  });

  it('verifies order and types', () => {
    const { graph, y } = smallGraph();
    verifyGraph(graph);
    graph.nodes.reverse();
    expect(() => verifyGraph(graph)).toThrow(/used before it is made/);
    expect(reachableNodes(smallGraph().graph, [])).toEqual([]);
    expect(y.shape).toEqual([2, 4]);
  });
});

describe('gradients', () => {
  it('computes nothing for values that were not asked for', () => {
    const { graph, w, y } = smallGraph();
    const before = graph.nodes.length;
    gradients(reduceSum(y, [0, 1]), [w]);
    const products = graph.nodes.slice(before).filter((node) => node.op.name === 'MatMul');
    expect(products).toHaveLength(1); // dw alone, no dx
  });

  it('adds up what comes back along several paths', () => {
    const graph = new Graph();
    const x = graph.input('x', float32());
    const [dx] = gradients(add(multiply(x, x), x), [x]);
    expect(dx!.shape).toEqual([]);
    expect(graph.nodes.filter((node) => node.op.name === 'Add')).toHaveLength(3);
  });

  it('refuses a loss that is no scalar, that does not depend on a value, or that has no gradient', () => {
    const { graph, x, y } = smallGraph();
    expect(() => gradients(y, [x])).toThrow(/scalar/);
    expect(() => gradients(reduceSum(y, [0, 1]), [graph.input('other', float32(1))])).toThrow(
      /doesn't depend on other/,
    );
    expect(() => gradients(reduceSum(categoricalMatch(y, y), [0]), [x])).toThrow(
      /CategoricalMatch has no gradient/,
    );
  });
});
