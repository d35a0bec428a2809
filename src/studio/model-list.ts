// The model files below the folders that the studio was given. A page names them by their SHA-256, never by a path: what isn't
// on the list can't be asked for.

import { readFile, realpath, stat } from 'node:fs/promises';
import { sha256 } from '../files/sha256.js';
import { isInside } from '../files/walk-images.js';
import { checkModelFile } from '../predict/check-model.js';
import type { ModelMetadata } from '../predict/metadata.js';
import { readModelMetadata } from '../predict/model-file.js';
import { bundledModelFile, describeBundledModel, readBundledModel } from '../predict-files/bundled-model.js';
import { readDetector } from '../predict-files/open-face-detector.js';
import { filesBelow, nameBelow } from './folders.js';

/** What the page is told of a model. */
export interface ListedModel {
  /** Of the file, hex: what it is asked for by. */
  sha256: string;
  /** For people: the path below the folder that was given, or `ferlab` for the model that comes with it. */
  name: string;
  bytes: number;
  classes: string[];
  input: { width: number; height: number };
  /** Share of the validation images that it recognised in training, 0 to 1; null where the file doesn't say. */
  accuracy: number | null;
}

/** Larger files are no models for a page. */
const mostBytes = 256 * 1024 * 1024;
const mostModels = 500;
const isModelName = (name: string) => name.toLowerCase().endsWith('.onnx');

interface KnownFile {
  /** Without links. */
  file: string;
  modified: number;
  listed: ListedModel | null;
}

/** Finds, describes and reads the models of some folders. */
export class ModelList {
  /** By path: what was read of a file that hasn't changed since. */
  private readonly known = new Map<string, KnownFile>();
  private readonly files = new Map<string, string>();
  /** Of the package, by SHA-256: what finds faces. */
  private readonly own = new Map<string, Uint8Array>();

  /** @param folders without links, as openFolders gives them. */
  constructor(private readonly folders: readonly string[]) {}

  /** The model that comes with ferlab, then those of the folders, by name. */
  async list(): Promise<ListedModel[]> {
    const bundled = await bundledModel();
    const found = new Map<string, ListedModel>([[bundled.sha256, bundled]]);
    for (const folder of this.folders) {
      for (const file of await filesBelow(folder, isModelName, mostModels)) {
        if (found.size >= mostModels) break;
        const listed = await this.describe(file, folder);
        // The same file at two places is one model.
        if (listed !== null && !found.has(listed.sha256)) {
          found.set(listed.sha256, listed);
          this.files.set(listed.sha256, file);
        }
      }
    }
    const [first, ...others] = found.values();
    return [first!, ...others.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))];
  }

  /** SHA-256 of the files that find faces and their points: those of the command line. */
  async detector(): Promise<{ detector: string; points: string | null }> {
    const { model, points } = await readDetector(undefined);
    const keep = (bytes: Uint8Array): string => {
      const digest = sha256(bytes);
      this.own.set(digest, bytes);
      return digest;
    };
    return { detector: keep(model as Uint8Array), points: points ? keep(points) : null };
  }

  /**
   * The bytes of a listed model, or of what finds faces.
   *
   * @returns null for one that isn't on the list, or whose file has changed or gone.
   */
  async read(digest: string): Promise<Uint8Array | null> {
    const own = this.own.get(digest);
    if (own !== undefined) return own;
    if (digest === (await describeBundledModel()).sha256) return readBundledModel();
    const file = this.files.get(digest);
    if (file === undefined) return null;
    try {
      // Links may have been put in since.
      const real = await realpath(file);
      if (!this.folders.some((folder) => isInside(real, folder))) return null;
      const bytes = await readFile(real);
      return sha256(bytes) === digest ? bytes : null;
    } catch {
      return null;
    }
  }

  private async describe(file: string, folder: string): Promise<ListedModel | null> {
    try {
      const { size, mtimeMs } = await stat(file);
      const before = this.known.get(file);
      if (before?.modified === mtimeMs) return before.listed;
      const listed = size > mostBytes ? null : describeModel(await readFile(file), nameBelow(file, folder));
      this.known.set(file, { file, modified: mtimeMs, listed });
      return listed;
    } catch {
      return null;
    }
  }
}

/** Null for a file that is no model of ferlab's. */
function describeModel(bytes: Uint8Array, name: string): ListedModel | null {
  let metadata: ModelMetadata;
  try {
    metadata = checkModelFile(bytes, name);
  } catch {
    return null;
  }
  return { sha256: sha256(bytes), name, bytes: bytes.length, ...facts(metadata) };
}

function facts({
  classes,
  input,
  metrics,
}: ModelMetadata): Pick<ListedModel, 'classes' | 'input' | 'accuracy'> {
  const { width, height } = input;
  return { classes, input: { width, height }, accuracy: metrics.val_accuracy ?? null };
}

async function bundledModel(): Promise<ListedModel> {
  const { sha256: digest, bytes } = await describeBundledModel();
  const metadata = readModelMetadata(await readFile(bundledModelFile()), bundledModelFile());
  return { sha256: digest, name: 'ferlab', bytes, ...facts(metadata) };
}
