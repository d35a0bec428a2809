// The operator table: every operator of the engine, by name. Conformance tests run over it (table.test.ts).

import type { OpDefinition } from '../ir/graph.js';
import { averagePoolGradientOp, averagePoolOp } from './average-pool.js';
import { hardestOp, stopGradientOp } from './choice.js';
import { convInputGradientOp, convOp, convWeightGradientOp } from './convolution.js';
import { dropoutMaskOp } from './dropout.js';
import * as elementwise from './elementwise.js';
import { batchMatMulOp, foldOp, unfoldOp } from './local.js';
import { categoricalMatchOp, sigmoidCrossEntropyOp, softmaxCrossEntropyOp, softmaxOp } from './loss.js';
import { matMulOp } from './matmul.js';
import { maximumGradientOp, maximumOp } from './maximum.js';
import { reduceMeanOp } from './mean.js';
import { channelAffineOp, momentsOp } from './normalization.js';
import { maxPoolGradientOp, maxPoolOp } from './pooling.js';
import { preluOp } from './prelu.js';
import { resizeOp } from './resize.js';
import { concatOp, padOp, positionsOp, reshapeOp, sliceOp, transposeOp } from './shaping.js';
import { broadcastOp, reduceSumOp } from './sum.js';
import { windowMomentsOp } from './windows.js';

export const operators = {
  Add: elementwise.addOp,
  AveragePool: averagePoolOp,
  AveragePoolGradient: averagePoolGradientOp,
  BatchMatMul: batchMatMulOp,
  CategoricalMatch: categoricalMatchOp,
  ChannelAffine: channelAffineOp,
  Concat: concatOp,
  Conv: convOp,
  ConvInputGradient: convInputGradientOp,
  ConvWeightGradient: convWeightGradientOp,
  Div: elementwise.divideOp,
  DropoutMask: dropoutMaskOp,
  Exp: elementwise.exponentialOp,
  Expand: broadcastOp,
  Fold: foldOp,
  Hardest: hardestOp,
  MatMul: matMulOp,
  Max: maximumOp,
  MaxGradient: maximumGradientOp,
  MaxPool: maxPoolOp,
  MaxPoolGradient: maxPoolGradientOp,
  Min: elementwise.minimumOp,
  Moments: momentsOp,
  Mul: elementwise.multiplyOp,
  Neg: elementwise.negateOp,
  Pad: padOp,
  Positions: positionsOp,
  PRelu: preluOp,
  ReduceMean: reduceMeanOp,
  ReduceSum: reduceSumOp,
  Relu: elementwise.reluOp,
  ReluGradient: elementwise.reluGradientOp,
  Reshape: reshapeOp,
  Resize: resizeOp,
  Sigmoid: elementwise.sigmoidOp,
  SigmoidCrossEntropy: sigmoidCrossEntropyOp,
  Sign: elementwise.signOp,
  Slice: sliceOp,
  Softmax: softmaxOp,
  SoftmaxCrossEntropy: softmaxCrossEntropyOp,
  Sqrt: elementwise.squareRootOp,
  StopGradient: stopGradientOp,
  Sub: elementwise.subtractOp,
  Transpose: transposeOp,
  Unfold: unfoldOp,
  WindowMoments: windowMomentsOp,
} satisfies Record<string, OpDefinition>;
