// What a file of HDF5 holds, as plain data, as far as files of weights need it. Portable; read-hdf5.ts makes it.

/** An attribute: texts, numbers. Others are left out. */
export type Hdf5Attribute = string | number | readonly string[] | readonly number[];

export interface Hdf5Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Hdf5Content {
  /** By the path of their group or dataset, without a slash at its beginning; '' is the root. */
  readonly attributes: ReadonlyMap<string, ReadonlyMap<string, Hdf5Attribute>>;
  /** Datasets of numbers by path. */
  readonly tensors: ReadonlyMap<string, Hdf5Tensor>;
}

/** A group to write: its attributes, datasets and groups by name. */
export interface Hdf5Group {
  attributes?: Readonly<Record<string, string>>;
  tensors?: Readonly<Record<string, Hdf5Tensor>>;
  groups?: Readonly<Record<string, Hdf5Group>>;
}
