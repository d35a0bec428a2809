// The model files below the folders that the studio was given. A page names them by their SHA-256, never by a path: what isn't
// on the list can't be asked for.

import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { FerlabError } from '../errors.js';
import { foundInstead } from '../files/read-error.js';
import { sha256 } from '../files/sha256.js';
import { isInside, listFolder } from '../files/walk-images.js';
import { checkModelFile } from '../predict/check-model.js';
import type { ModelMetadata } from '../predict/metadata.js';
import { readModelMetadata } from '../predict/model-file.js';
import { bundledModelFile, describeBundledModel, readBundledModel } from '../predict-files/bundled-model.js';
import { readDetector } from '../predict-files/open-face-detector.js';

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
/** Deeper folders, and more files or folders, aren't looked at: a whole disk may have been given. */
const mostDepth = 6;
const mostFolders = 5_000;
const mostModels = 500;

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
      for (const file of await modelFiles(folder)) {
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
      const listed = size > mostBytes ? null : describeModel(await readFile(file), nameOf(file, folder));
      this.known.set(file, { file, modified: mtimeMs, listed });
      return listed;
    } catch {
      return null;
    }
  }
}

const nameOf = (file: string, folder: string) =>
  path.join(path.basename(folder), path.relative(folder, file)).replaceAll(path.sep, '/');

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

/** Real paths of the .onnx files below a folder that lie below it when links are followed, in order. */
async function modelFiles(folder: string): Promise<string[]> {
  const files = new Set<string>();
  const seen = new Set<string>();
  const visit = async (place: string, depth: number): Promise<void> => {
    if (depth > mostDepth || seen.size >= mostFolders || seen.has(place)) return;
    seen.add(place);
    const entries = await listFolder(place).catch(() => []);
    for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.size >= mostModels || name === 'node_modules') continue;
      try {
        const real = await realpath(path.join(place, name));
        if (!isInside(real, folder)) continue;
        const found = await stat(real);
        if (found.isDirectory()) await visit(real, depth + 1);
        else if (found.isFile() && name.toLowerCase().endsWith('.onnx')) files.add(real);
      } catch {
        // Gone, a broken link, or no permission: not on the list.
      }
    }
  };
  await visit(folder, 0);
  return [...files];
}

/**
 * Folders that were given, without links.
 *
 * @throws FerlabError `io` for what isn't a folder.
 */
export async function openFolders(folders: readonly string[]): Promise<string[]> {
  const open: string[] = [];
  for (const folder of folders) {
    try {
      const real = await realpath(folder);
      if (!(await stat(real)).isDirectory()) throw Object.assign(new Error('a file'), { code: '' });
      if (!open.includes(real)) open.push(real);
    } catch (error) {
      throw new FerlabError(
        'io',
        `${folder}: expected a folder with runs or models, found ${foundInstead(error, { path: folder, what: 'folder' })}. ` +
          'Give another, or none for ./runs.',
        { cause: error },
      );
    }
  }
  return open;
}
