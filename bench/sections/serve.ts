// Serving: requests a second and how long they take, beside the library in a loop and other services with the same network.

import path from 'node:path';
import { ferlabScript, root } from '../checkout.js';
import type { Contest, Contestant, Metric, Sample } from '../contest.js';
import type { ImageFolders } from '../images.js';
import { runForJson } from '../process.js';
import type { PythonPeer } from '../python-peers.js';
import { absent, ferlabVersions, type Peers } from './peers.js';

export interface ServeSettings {
  readonly quick: boolean;
  readonly folders: ImageFolders;
}

interface ServeOutput {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const metrics: readonly Metric[] = [
  { key: 'perSecond', label: 'images a second', unit: '1/s', better: 'higher' },
  { key: 'p50', label: 'median', unit: 'ms', better: 'lower' },
  { key: 'p99', label: '99th percentile', unit: 'ms', better: 'lower' },
];

const clients = 32;

/** A round that takes longer has failed, in minutes; its load alone has two. */
const longestRound = 5;

const sampleOf = ({ perSecond, p50, p99 }: ServeOutput): Sample => ({ perSecond, p50, p99 });

export function serveContests({ quick, folders }: ServeSettings, peers: Peers): Contest[] {
  const args = ['--data', folders.validation, '--clients', String(clients), '--seconds', quick ? '1' : '10'];
  const round = async (...more: string[]) =>
    sampleOf(
      await runForJson<ServeOutput>(process.execPath, [ferlabScript('serve-round'), ...args, ...more]),
    );
  const other = (name: string, peer: PythonPeer, script: string): Contestant => ({
    name,
    versions: () => peer.versions(),
    async round() {
      const load = [process.execPath, ferlabScript('serve-round'), ...args];
      const model = path.join(root, 'models/expression.onnx');
      return sampleOf(await peer.run<ServeOutput>(script, ['--model', model, '--', ...load], longestRound));
    },
  });
  return [
    {
      id: 'serve',
      title: 'Crops of faces over HTTP',
      notes: [
        `The bundled model and 48x48 JPEGs. *ferlab serve*: ${clients} clients on the same machine that ask again as soon as they are answered, one image each, in a process of their own whose time counts too. *The library*: \`model.predict\` of one image after the other, without HTTP. *LitServe* and *BentoML*: the same file in ONNX Runtime for Python, decoded by Pillow, batches of up to 16 faces, two workers of one thread.`,
      ],
      metrics,
      comparison: {
        against: 'ferlab serve',
        label: 'ferlab serve is better by',
        sense: 'againstIsBetter',
        format: 'times',
        metrics: ['perSecond', 'p50', 'p99'],
      },
      contestants: [
        { name: 'ferlab serve', versions: ferlabVersions, round: () => round('--who', 'service') },
        { name: 'ferlab, the library', versions: ferlabVersions, round: () => round('--who', 'library') },
        other('LitServe', peers.litserve, 'litserve_round.py'),
        other('BentoML', peers.bentoml, 'bentoml_round.py'),
        absent(
          "deepface's API",
          'it has a network of its own alone, whose weights it downloads from outside any package registry',
        ),
      ],
    },
  ];
}
