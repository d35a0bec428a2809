// Writes a file of HDF5 in memory.

import h5wasm, { type Group } from 'h5wasm';
import type { Hdf5Group } from './content.js';

const path = '/written.h5';

/** The bytes of a file with these groups. */
export async function writeHdf5(root: Hdf5Group): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  try {
    fill(file, root);
  } finally {
    file.close();
  }
  const bytes = FS.readFile(path) as Uint8Array;
  FS.unlink(path);
  return bytes;
}

function fill(group: Group, { attributes = {}, tensors = {}, groups = {} }: Hdf5Group): void {
  for (const [name, text] of Object.entries(attributes)) group.create_attribute(name, text);
  for (const [name, { shape, data }] of Object.entries(tensors))
    group.create_dataset({ name, data, shape: [...shape], dtype: '<f4' });
  for (const [name, inner] of Object.entries(groups)) fill(group.create_group(name), inner);
}
