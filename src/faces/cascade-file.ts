// Files of a cascade's three networks: what is checked before ONNX Runtime sees them, and what they say about themselves.

import { checkGraph } from '../engine/onnx/check.js';
import { readMetadataProps } from '../engine/onnx/metadata-props.js';
import { FerlabError } from '../errors.js';
import { where as fieldWhere, object } from '../predict/json-fields.js';
import { firstLine } from '../predict/model-file.js';

export const cascadeStages = ['pnet', 'rnet', 'onet'] as const;
export type CascadeStage = (typeof cascadeStages)[number];

/** The three files of a cascade, each with its bytes. */
export type CascadeFiles<Bytes = Uint8Array> = Readonly<Record<CascadeStage, Bytes>>;

/** From which probability of a face on a stage hands a box on, from 0 to 1; O-Net's is the detector's threshold. */
export type CascadeThresholds = Record<CascadeStage, number>;

/** Those of the paper's code. O-Net's file may hold others as JSON in metadata_props, below `ferlab.cascade`. */
const defaultThresholds: CascadeThresholds = { pnet: 0.6, rnet: 0.7, onet: 0.7 };

export const cascadeKey = 'ferlab.cascade';

const share = fieldWhere<number>('a number from 0 to 1', (value) => Number(value) >= 0 && Number(value) <= 1);
const readThresholds = object<CascadeThresholds>({ pnet: share, rnet: share, onet: share });

const needed: CascadeFiles<string> = {
  pnet: 'the proposing network of a cascade (P-Net): input pixels [N, 3, height, width], outputs probability and box',
  rnet: 'the refining network of a cascade (R-Net): input pixels [N, 3, 24, 24], outputs probability and box',
  onet: 'the last network of a cascade (O-Net): input pixels [N, 3, 48, 48], outputs probability, box and points',
};

export function notAStage(where: string, stage: CascadeStage, found: string, cause?: unknown): FerlabError {
  const advice = 'Give the three files of one training, pnet.onnx, rnet.onnx and onet.onnx.';
  return new FerlabError('model', `${where}: expected ${needed[stage]}; ${found}. ${advice}`, { cause });
}

/**
 * Checks the file of a stage.
 *
 * @throws FerlabError `model` where it is no whole ONNX file, a graph that may do harm, or another network.
 */
export function checkStageFile(bytes: Uint8Array, stage: CascadeStage, where: string): void {
  let checked: ReturnType<typeof checkGraph>;
  try {
    checked = checkGraph(bytes);
  } catch (error) {
    throw notAStage(where, stage, `it can't be parsed (${firstLine(error)})`, error);
  }
  if ('problem' in checked) throw notAStage(where, stage, checked.problem);
  const { inputs, outputs } = checked.outline;
  const side = { pnet: null, rnet: 24, onet: 48 }[stage];
  const shape = inputs.pixels ?? [];
  const [, channels, height, width] = shape;
  const fits =
    side === null
      ? typeof height === 'string' && typeof width === 'string'
      : height === side && width === side;
  if (Object.keys(inputs).length !== 1 || shape.length !== 4 || channels !== 3 || !fits) {
    const found = Object.entries(inputs).map(([name, sizes]) => `${name} [${sizes.join(', ')}]`);
    throw notAStage(where, stage, `its input is ${found.join(' and ').slice(0, 200) || 'missing'}`);
  }
  const expected = stage === 'onet' ? ['probability', 'box', 'points'] : ['probability', 'box'];
  if (!expected.every((name) => name in outputs)) {
    const found = Object.keys(outputs).slice(0, 12).join(', ') || 'none';
    throw notAStage(where, stage, `its outputs are ${found.slice(0, 200)}`);
  }
}

/** The thresholds that O-Net's file holds, or the paper's. */
export function readCascadeThresholds(onet: Uint8Array, where: string): CascadeThresholds {
  try {
    const json = readMetadataProps(onet)[cascadeKey];
    return json === undefined ? defaultThresholds : readThresholds(JSON.parse(json), '');
  } catch (error) {
    throw notAStage(where, 'onet', `its metadata ${cascadeKey} can't be used (${firstLine(error)})`, error);
  }
}
